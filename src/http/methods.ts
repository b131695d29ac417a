import type { Handler } from "hono";
import { authenticate } from "./auth.ts";
import type { ApiVariables } from "./context.ts";
import { HttpError } from "./problem.ts";

/** Refuses, where it comes after a path's own handlers, every method but theirs. */
export function allowOnly(...methods: readonly string[]): Handler<{ Variables: ApiVariables }> {
  return async (context) => {
    // Without a key nobody learns even what is there.
    await authenticate(context);
    context.header("allow", methods.join(", "));
    throw new HttpError("method_not_allowed", "the method", methods.join(" or "), context.req.method);
  };
}
