import type { MiddlewareHandler } from "hono";
import { isJson } from "./body.ts";
import type { ApiContext, ApiVariables } from "./context.ts";
import { type ApiKey, allows, findKey, type Scope } from "./keys.ts";
import { HttpError } from "./problem.ts";

const BEARER = /^Bearer +([\x21-\x7e]+)$/i;

/** Who calls, where no keys are asked for. */
export const ANONYMOUS = "anonymous";

/**
 * The key that a request came with; null where no keys are asked for.
 *
 * @throws {HttpError} when it came with none that is configured
 */
export async function authenticate(context: ApiContext): Promise<ApiKey | null> {
  const { keys } = context.var.api;
  if (keys === null) return null;
  const presented = BEARER.exec(context.req.header("authorization") ?? "")?.[1];
  const key = presented === undefined ? null : await findKey(keys, presented);
  if (key !== null) return key;
  const got = presented === undefined ? "none" : "another";
  throw new HttpError("unauthorized", "Authorization", "Bearer KEY with a key of OMNIQ_KEYS", got);
}

/** Lets a request pass whose key has the scope, and notes who it is. */
export function requires(scope: Scope): MiddlewareHandler<{ Variables: ApiVariables }> {
  return async (context, next) => {
    const key = await authenticate(context);
    if (key !== null && !allows(key, scope)) {
      const got = `one with ${key.scopes.join("+")}`;
      throw new HttpError("forbidden", "Authorization", `a key with the scope ${scope}`, got);
    }
    context.set("caller", key?.name ?? ANONYMOUS);
    context.set("mayRead", key === null || allows(key, "read"));
    return next();
  };
}

/**
 * Where no keys are asked for, refuses what a page of another site can have a browser send without asking first: a POST whose body
 * is a form, plain text or nothing.
 */
export const refuseOtherSites: MiddlewareHandler<{ Variables: ApiVariables }> = async (context, next) => {
  const { req } = context;
  const isGuarded =
    context.var.api.keys !== null || req.method !== "POST" || isJson(req.header("content-type"));
  if (isGuarded) return next();
  const origin = req.header("origin") ?? new URL(req.url).origin;
  const site =
    req.header("sec-fetch-site") ?? (origin === new URL(req.url).origin ? "same-origin" : "cross-site");
  if (site === "same-origin" || site === "none") return next();
  throw new HttpError("forbidden", "Content-Type", "application/json, from another site", "another, or none");
};
