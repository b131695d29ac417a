import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe } from "./describe.ts";
import { ValidationError } from "./errors.ts";
import { REDACTED, type Redaction, redactKwargs } from "./redact.ts";

/**
 * Checks a payload by its schema.
 *
 * @param redaction what an error may not tell: neither the value, nor the schema's message on it, nor a name inside it
 * @returns what the schema makes of it
 * @throws {ValidationError} naming the field
 */
export async function validate(
  schema: StandardSchemaV1,
  kwargs: unknown,
  redaction: Redaction,
): Promise<unknown> {
  const answer = await schema["~standard"].validate(kwargs);
  const [issue] = answer.issues ?? [];
  if (issue === undefined) return "value" in answer ? answer.value : undefined;
  const shown = redactKwargs(kwargs, redaction);
  const path = upToRedacted(
    shown,
    (issue.path ?? []).map((part) => (typeof part === "object" ? part.key : part)),
  );
  const got = valueAt(shown, path);
  // The message may quote the value, or anything in it; of what is not in the payload nobody knows where the schema has it from.
  const mayTell = redaction.kwargs.length === 0 || (got !== undefined && got === valueAt(kwargs, path));
  const message = mayTell ? cut(issue.message, 200) : REDACTED;
  throw new ValidationError(cut(fieldOf(path), 120), `valid (${message})`, describe(got));
}

function upToRedacted(shown: unknown, path: readonly PropertyKey[]): readonly PropertyKey[] {
  const depth = path.findIndex((_, index) => valueAt(shown, path.slice(0, index)) === REDACTED);
  return depth === -1 ? path : path.slice(0, depth);
}

function fieldOf(path: readonly PropertyKey[]): string {
  return `kwargs${path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("")}`;
}

/** A schema's message, or the path in the payload, may hold the whole of what the caller gave. */
function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).toWellFormed()}...` : text;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (parent, key) => (typeof parent === "object" && parent !== null ? Reflect.get(parent, key) : undefined),
    value,
  );
}
