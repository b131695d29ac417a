import type { MiddlewareHandler, Next } from "hono";
import { every } from "hono/combine";
import { csrf } from "hono/csrf";
import { secureHeaders } from "hono/secure-headers";
import { limitBody, TASK_BYTES } from "../http/body.ts";
import type { Scope } from "../http/keys.ts";
import { HttpError } from "../http/problem.ts";
import type { DashboardContext, DashboardEnv } from "./context.ts";
import { FormError } from "./errors.tsx";
import { addressOf } from "./fields.ts";
import { isPartial } from "./page.tsx";
import { TOKEN_FIELD } from "./parts/form.tsx";

/** Scripts and styles come from here alone, and no other page may frame this one. */
export const headers = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", "data:"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
  },
  xFrameOptions: "DENY",
  // They would hold for all of the host, and hosts below it, of which the dashboard may be a path.
  strictTransportSecurity: false,
  originAgentCluster: false,
  // Where a browser may not tell at all where it comes from, it tells no origin either, and forms are judged by that.
  referrerPolicy: "same-origin",
});

const check = csrf();

/** Refuses what another site has a browser send. */
export const sameSite: MiddlewareHandler<DashboardEnv> = async (context, next) => {
  let isOurs = false;
  const pass = async () => {
    isOurs = true;
  };
  // What it throws says nothing that could be shown.
  await check(context, pass).catch(() => {});
  if (!isOurs) throw new HttpError("forbidden", "the form", "one of this site", "one of another");
  return next();
};

/** The page that a form stands on: what it does is the end of its path. */
function formPage(path: string): string {
  return path.split("/").slice(0, -1).join("/");
}

/** Pages are for those who have signed in: others are led to where that is done, and from there back. */
export const signedIn: MiddlewareHandler<DashboardEnv> = async (context, next) => {
  const { visitor, base, page } = context.var.view;
  if (visitor !== null) return next();
  if (isPartial(context)) return context.body(null, 401, { "hx-refresh": "true" });
  const { search } = new URL(context.req.url);
  const to = context.req.method === "GET" ? page + search : formPage(page);
  return context.redirect(base + addressOf("sign-in", { to }), 303);
};

/** Lets an action pass whose visitor has the scope, and whose form is of the visitor's session. */
export function acts(scope: Scope): MiddlewareHandler<DashboardEnv> {
  return every(limitBody(TASK_BYTES), async (context: DashboardContext, next: Next) => {
    const { visitor } = context.var.view;
    if (visitor === null || !visitor.may(scope)) {
      throw new HttpError("forbidden", "the key", `one with the scope ${scope}`, "one without");
    }
    const { [TOKEN_FIELD]: token = "" } = await context.req.parseBody();
    if (token !== visitor.token) {
      throw new FormError(formPage(context.var.view.page));
    }
    return next();
  });
}
