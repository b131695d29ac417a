import { REDACTED } from "../../../core/redact.ts";
import type { JsonValue } from "../../../core/task.ts";

/**
 * Puts back what was not shown: who edits a payload sees `"[redacted]"` in the place of some values, and where they leave it, the
 * task has the value that was there.
 *
 * @param edited what came back
 * @param shown what was given to be edited
 * @param original what that was made of
 */
export function restoreRedacted(edited: unknown, shown: JsonValue, original: JsonValue): unknown {
  if (edited === REDACTED && shown === REDACTED) return original;
  if (Array.isArray(edited) && Array.isArray(shown) && Array.isArray(original)) {
    return edited.map((item, index) => restoreMember(item, shown[index], original[index]));
  }
  if (isObject(edited) && isObject(shown) && isObject(original)) {
    const entries = Object.entries(edited);
    return Object.fromEntries(
      entries.map(([name, value]) => [name, restoreMember(value, own(shown, name), own(original, name))]),
    );
  }
  return edited;
}

function restoreMember(
  edited: unknown,
  shown: JsonValue | undefined,
  original: JsonValue | undefined,
): unknown {
  return shown === undefined || original === undefined ? edited : restoreRedacted(edited, shown, original);
}

function own<T>(object: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function isObject<T>(value: T): value is T & Readonly<Record<string, JsonValue>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
