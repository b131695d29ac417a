import type { Context } from "hono";
import { describe } from "../core/describe.ts";
import { ValidationError } from "../core/errors.ts";

/** Refuses what would be taken as it is written, though it says nothing: `%zz`, or bytes that are no UTF-8. @throws {ValidationError} */
export function checkEncoding(url: string): void {
  const { pathname, search } = new URL(url);
  for (const [field, text] of [
    ["the path", pathname],
    ["the query", search],
  ] as const) {
    try {
      decodeURIComponent(text);
    } catch {
      throw new ValidationError(field, "percent-encoded UTF-8", describe(text));
    }
  }
}

/** The query's parameters. @throws {ValidationError} where one is repeated: which of them was meant, nobody knows */
export function readQuery(context: Context): Record<string, string> {
  for (const [name, { length }] of Object.entries(context.req.queries())) {
    if (length > 1) throw new ValidationError(shorten(name), "given once", `${length} of them`);
  }
  return context.req.query();
}

/** A name that is the caller's, cut to what an error can hold. */
export function shorten(name: string): string {
  return name.length > 120 ? `${name.slice(0, 120)}...` : name;
}
