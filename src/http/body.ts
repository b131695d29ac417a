import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { describe } from "../core/describe.ts";
import { TooLargeError } from "../core/errors.ts";
import { parseJson } from "../core/json.ts";
import { HttpError } from "./problem.ts";

/** Largest body of one task: its payload may take 256 KB as compact JSON. */
export const TASK_BYTES = 1024 * 1024;
/** Largest body of a batch, which is held in memory several times over, and a Worker has 128 MB. */
export const BATCH_BYTES = 16 * 1024 * 1024;

/** Refuses a body of more bytes, before it is read. */
export function limitBody(maxSize: number) {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw new TooLargeError("the body", `at most ${maxSize} bytes`, "more");
    },
  });
}

/** The body as JSON; see {@link parseJson} for what it may hold. @throws {HttpError} when it is another type, or broken */
export async function readJson(context: Context): Promise<unknown> {
  const type = context.req.header("content-type") ?? "none";
  // Also keeps other sites out: a page cannot send this type to us without asking first.
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new HttpError("unsupported_media_type", "Content-Type", "application/json", describe(type));
  }
  const text = decode(await context.req.arrayBuffer());
  try {
    return parseJson(text);
  } catch (error) {
    const fault = error instanceof SyntaxError ? describeFault(error) : "a nesting too deep to be read";
    throw new HttpError("invalid_json", "the body", "JSON", fault);
  }
}

/** What the parser says: of most faults the kind and the place, of the others it quotes the body. */
function describeFault({ message }: SyntaxError): string {
  return message.endsWith("is not valid JSON") ? "a character that JSON does not have there" : message;
}

/** A decoder that is not told to be strict puts U+FFFD in the place of what it cannot read. */
function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new HttpError("invalid_json", "the body", "JSON in UTF-8", "bytes that are no UTF-8");
  }
}
