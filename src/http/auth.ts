import type { MiddlewareHandler } from "hono";
import type { ApiVariables } from "./api.ts";
import { allows, findKey, type Scope } from "./keys.ts";
import { HttpError } from "./problem.ts";

const BEARER = /^Bearer +([\x21-\x7e]+)$/i;

/** Who calls, where no keys are asked for. */
export const ANONYMOUS = "anonymous";

/** Lets a request pass whose key has the scope, and notes the key's name. */
export function requires(scope: Scope): MiddlewareHandler<{ Variables: ApiVariables }> {
  return async (context, next) => {
    const { keys } = context.var.api;
    if (keys === null) {
      context.set("caller", ANONYMOUS);
      return next();
    }
    const presented = BEARER.exec(context.req.header("authorization") ?? "")?.[1];
    const key = presented === undefined ? null : await findKey(keys, presented);
    if (key === null) {
      const expected = "expected the header Authorization: Bearer KEY with a key of OMNIQ_KEYS";
      throw new HttpError("unauthorized", `${expected}, got ${presented === undefined ? "none" : "another"}`);
    }
    if (!allows(key, scope)) {
      throw new HttpError(
        "forbidden",
        `expected a key with the scope ${scope}, got one with ${key.scopes.join("+")}`,
      );
    }
    context.set("caller", key.name);
    return next();
  };
}
