import { describe } from "../core/describe.ts";

/** What is expected of a value, of which it may have more: members may be left out, arrays are whole, a RegExp stands for a text. */
export type Partially<T> = T extends string
  ? T | RegExp
  : T extends readonly (infer Item)[]
    ? readonly Partially<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]?: Partially<T[Key]> }
      : T;

/** Where a value is not what was expected. */
export interface Mismatch {
  /** Such as `input.to`. */
  readonly path: string;
  readonly expected: string;
  readonly got: string;
}

/** A matcher of a test framework, such as `expect.any(String)`. */
interface Matcher {
  asymmetricMatch(value: unknown): boolean;
  /** What it calls itself, such as `Any<String>`. */
  toAsymmetricMatcher?(): string;
}

/**
 * Compares a value with what is expected of it: each member that is named, at any depth. A RegExp is tested on text, and a matcher
 * of a test framework is asked.
 *
 * @param path what to call the value
 */
export function findMismatches(expected: unknown, value: unknown, path: string): Mismatch[] {
  const differs = (): Mismatch[] => [{ path, expected: show(expected), got: show(value) }];
  if (isMatcher(expected)) return expected.asymmetricMatch(value) ? [] : differs();
  if (expected instanceof RegExp) {
    return typeof value === "string" && value.search(expected) >= 0 ? [] : differs();
  }
  if (typeof expected !== "object" || expected === null) return expected === value ? [] : differs();
  if (typeof value !== "object" || value === null) return differs();
  if (Array.isArray(expected) !== Array.isArray(value)) return differs();
  if (Array.isArray(expected) && Array.isArray(value) && expected.length !== value.length) return differs();
  const members = new Map<string, unknown>(Object.entries(value));
  return Object.entries(expected).flatMap(([key, member]) =>
    findMismatches(member, members.get(key), Array.isArray(expected) ? `${path}[${key}]` : `${path}.${key}`),
  );
}

/** A value in a message: as JSON, cut where it is long. */
export function show(value: unknown): string {
  if (isMatcher(value) || value instanceof RegExp) return nameOf(value);
  const json = typeof value === "object" ? JSON.stringify(value, (_, member) => toShown(member)) : undefined;
  if (json === undefined) return describe(value);
  return json.length > 200 ? `${json.slice(0, 200)}...` : json;
}

function toShown(member: unknown): unknown {
  return isMatcher(member) || member instanceof RegExp ? nameOf(member) : member;
}

function nameOf(value: Matcher | RegExp): string {
  return value instanceof RegExp ? String(value) : (value.toAsymmetricMatcher?.() ?? String(value));
}

function isMatcher(value: unknown): value is Matcher {
  return (
    typeof value === "object" &&
    value !== null &&
    "asymmetricMatch" in value &&
    typeof value.asymmetricMatch === "function"
  );
}
