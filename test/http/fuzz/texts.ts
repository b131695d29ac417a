/** Texts that have broken others. */
import fc from "fast-check";

/** What would be SQL, or another language, to whoever pastes texts together. */
export const INJECTIONS = [
  "' OR '1'='1",
  "' OR 1=1 --",
  '" OR ""="',
  "'; DROP TABLE tasks; --",
  "'); DELETE FROM tasks; --",
  "' UNION SELECT sql FROM sqlite_master --",
  "'||(SELECT kwargs FROM tasks LIMIT 1)||'",
  "1; ATTACH DATABASE 'x.db' AS x",
  "x'; UPDATE tasks SET status='SUCCESS' WHERE '1'='1",
  "admin'/*",
  "\\'; DELETE FROM results; --",
  "''",
  "%",
  "_",
  "?1",
  ":id",
  "$1",
  "@id",
  "[tasks]",
  "`tasks`",
  "x'00'",
  "NULL",
  "randomblob(1000000000)",
  "$.kwargs",
  "$[#-1]",
  '{"$ne":null}',
  '"],"x":["',
  "json('[')",
  "$" + "{7*7}",
  "{{7*7}}",
  "<script>alert(1)</script>",
  "../../../etc/passwd",
  "%27%20OR%201=1",
  "__proto__",
];

/** Texts that read like something else, or that another encoding would change. */
const LOOKALIKES = [
  ...['{"a":1}', "[1,2]", '"text"', "null", "true", "NaN", "-0", "1e400", "9007199254740993", "0x10"],
  ...["2026-11-24T09:00:00.000Z", "/Date(1795510800000)/", "1h", "1795510800000"],
  ...["\ufeff", "\u2028\u2029", "\u0000", "\u001f\u007f\u0085", "\\u0000", "\\", '\\\\"', "\r\n\t"],
  ...[
    "e\u0301",
    "\u00e9",
    "\u202eabc",
    "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67",
    "\uffff",
    "\u{10ffff}",
  ],
  ...["", " ", "x".repeat(255), "\u00e9".repeat(255), "x".repeat(256)],
];

const NAMES = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "toJSON",
  "length",
  "0",
  "",
  "a.b",
  "$ref",
];

/** Any text that is well-formed. */
export const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 300 }) },
  { weight: 3, arbitrary: fc.constantFrom(...LOOKALIKES) },
  { weight: 2, arbitrary: fc.constantFrom(...INJECTIONS) },
);

/** The name of an object's member. */
export const name: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NAMES),
  fc.constantFrom("a", "b"),
  text,
);

/** What may stand in a header: no control characters, and ASCII alone, since workerd warns of each that has others. */
export const headerText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...INJECTIONS, "", "x".repeat(300), "a, b", "a;b=c", "\ttab"),
  fc.string({ unit: "grapheme-ascii" }),
);

/** What the API takes for a text field: up to 255 characters, none of which controls. */
export const field: fc.Arbitrary<string> = text.filter(
  (candidate) => candidate.length > 0 && candidate.length <= 255 && !/\p{Cc}/u.test(candidate),
);

/** Dots alone would lead elsewhere. */
export function isSegment(candidate: string): boolean {
  return !/^\.{0,2}$/.test(candidate);
}

/** What a path's segment may say. */
export const segment: fc.Arbitrary<string> = text.filter(isSegment);
