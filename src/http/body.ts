import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { describe } from "../core/describe.ts";
import { TooLargeError } from "../core/errors.ts";
import { parseJson } from "../core/json.ts";
import { HttpError } from "./problem.ts";

/** Largest body of one task: its payload may take 256 KB as compact JSON. */
export const TASK_BYTES = 1024 * 1024;
/** Largest body of a batch, which is held in memory several times over, and a Worker has 128 MB. */
export const BATCH_BYTES = 8 * 1024 * 1024;
/**
 * Most values in a body, since the smallest take fifty times their text when they are parsed: 50 for each of 10,000 tasks, and
 * more than a payload of 256 KB can hold.
 */
const MAX_VALUES = 500_000;

/** Refuses a body of more bytes, before it is read. */
export function limitBody(maxSize: number) {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw new TooLargeError("the body", `at most ${maxSize} bytes`, "more");
    },
  });
}

/** Whether a `Content-Type` says JSON. It also keeps other sites out: a page cannot send this type to us without asking first. */
export function isJson(type = ""): boolean {
  return /^application\/json\s*(;|$)/i.test(type);
}

/** The body as JSON; see {@link parseJson} for what it may hold. @throws {HttpError} when it is another type, or broken, {@link TooLargeError} */
export async function readJson(context: Context): Promise<unknown> {
  const type = context.req.header("content-type");
  if (!isJson(type)) {
    throw new HttpError(
      "unsupported_media_type",
      "Content-Type",
      "application/json",
      describe(type ?? "none"),
    );
  }
  const bytes = await context.req.arrayBuffer();
  limitValues(new Uint8Array(bytes));
  const text = decode(bytes);
  try {
    return parseJson(text);
  } catch (error) {
    const fault = error instanceof SyntaxError ? describeFault(error) : "a nesting too deep to be read";
    throw new HttpError("invalid_json", "the body", "JSON", fault);
  }
}

/** The same where a body may be left out: an empty one is `{}`. */
export async function readOptionalJson(context: Context): Promise<unknown> {
  const { byteLength } = await context.req.arrayBuffer();
  return byteLength === 0 ? {} : readJson(context);
}

/** Counts what comes before each value outside of texts, a comma, a bracket or a brace, before any is parsed. @throws {TooLargeError} */
function limitValues(bytes: Uint8Array): void {
  if (bytes.length <= MAX_VALUES) return;
  let [values, isText] = [0, false];
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case 0x22: // "
        isText = !isText;
        break;
      case 0x5c: // \
        at += 1;
        break;
      case 0x2c: // ,
      case 0x5b: // [
      case 0x7b: // {
        if (!isText) values += 1;
    }
  }
  if (values > MAX_VALUES) {
    throw new TooLargeError("the body", `at most ${MAX_VALUES} commas, brackets and braces`, `${values}`);
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
