import { ValidationError } from "../../../core/errors.ts";
import { REDACTED } from "../../../core/redact.ts";
import type { JsonValue } from "../../../core/task.ts";

/**
 * Puts back what was not shown: who edits a payload sees `"[redacted]"` in the place of some values, and where they leave it, the
 * task has the value that was there.
 *
 * @param edited what came back
 * @param shown what was given to be edited
 * @param original what that was made of
 * @param field what it is of, for the error
 * @throws {ValidationError} where a list has another length, and something in it was not shown: which of them that is, nobody can tell
 */
export function restoreRedacted(
  edited: unknown,
  shown: JsonValue,
  original: JsonValue,
  field = "the payload",
): unknown {
  if (edited === REDACTED && shown === REDACTED) return original;
  if (Array.isArray(edited) && Array.isArray(shown) && Array.isArray(original)) {
    if (edited.length !== shown.length && holdsRedacted(edited) && holdsRedacted(shown)) {
      const expected = `a list as long as it was where something in it is ${REDACTED}: write that out`;
      throw new ValidationError(field, expected, `${edited.length} in the place of ${shown.length}`);
    }
    return edited.map((item, index) => restoreMember(item, shown[index], original[index], field));
  }
  if (isObject(edited) && isObject(shown) && isObject(original)) {
    const entries = Object.entries(edited);
    return Object.fromEntries(
      entries.map(([name, value]) => [
        name,
        restoreMember(value, own(shown, name), own(original, name), field),
      ]),
    );
  }
  return edited;
}

function restoreMember(
  edited: unknown,
  shown: JsonValue | undefined,
  original: JsonValue | undefined,
  field: string,
): unknown {
  return shown === undefined || original === undefined
    ? edited
    : restoreRedacted(edited, shown, original, field);
}

function holdsRedacted(value: unknown): boolean {
  if (value === REDACTED) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsRedacted);
}

function own<T>(object: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isObject<T>(value: T): value is T & Readonly<Record<string, JsonValue>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
