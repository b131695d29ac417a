/** JSON as texts, each with what it says: some of it no JavaScript value can spell. */
import fc from "fast-check";
import type { JsonValue } from "../../../src/core/task.ts";
import * as texts from "./texts.ts";

export interface Json {
  readonly text: string;
  /** What comes back; undefined where it is to be refused. */
  readonly value: JsonValue | undefined;
  /** How many arrays and objects it is deep. */
  readonly depth: number;
}

/** What holds no others. */
export function leaf(text: string, value: JsonValue | undefined): Json {
  return { text, value, depth: 0 };
}

/** What JavaScript wrote comes back, for it reads the same number. */
const number = fc
  .oneof(fc.integer(), fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  .map((value) => leaf(JSON.stringify(value), value));

const ODD_NUMBERS = [
  leaf("-0", 0),
  leaf("-0.0e-0", 0),
  leaf("1.0", 1),
  leaf("1E+5", 100_000),
  leaf("5e-324", 5e-324),
  leaf("1e-400", 0),
  leaf("1.7976931348623157e308", Number.MAX_VALUE),
  leaf("0.1000000000000000055511151231257827", 0.1),
  leaf("9007199254740993.0", 2 ** 53),
  leaf("9007199254740991", Number.MAX_SAFE_INTEGER),
  leaf("9007199254740992", 2 ** 53),
  leaf("1152921504606847000", 2 ** 60),
  leaf("9007199254740993", undefined),
  leaf("-9007199254740993", undefined),
  leaf("1152921504606846976", undefined),
  leaf("12345678901234567890", undefined),
  leaf("1".repeat(40), undefined),
  leaf("1e400", undefined),
  leaf("-1e999", undefined),
  leaf("9".repeat(400), undefined),
];

/** As a language with whole numbers of any size writes them. */
const longInteger = fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }).map((integer) => {
  const [digits, value] = [String(integer), Number(integer)];
  return leaf(digits, String(value) === digits ? value : undefined);
});

function escapeAll(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) =>
    text.charCodeAt(at).toString(16).padStart(4, "0"),
  );
  return `"${units.map((unit) => `\\u${unit}`).join("")}"`;
}

const string = fc
  .tuple(texts.text, fc.constantFrom(JSON.stringify, escapeAll))
  .map(([value, write]) => leaf(write(value), value));

const loneSurrogate = fc
  .tuple(texts.text, fc.constantFrom("\\ud800", "\\udfff", "\\udc00\\ud800"), texts.text)
  .map(([before, lone, after]) =>
    leaf(JSON.stringify(before).slice(0, -1) + lone + JSON.stringify(`.${after}`).slice(1), undefined),
  );

const constant = fc.constantFrom(leaf("null", null), leaf("true", true), leaf("false", false));

const oddNumber = fc.constantFrom(...ODD_NUMBERS);

const scalar = fc.oneof(
  { weight: 20, arbitrary: number },
  { weight: 20, arbitrary: string },
  { weight: 10, arbitrary: constant },
  { weight: 10, arbitrary: oddNumber.filter(({ value }) => value !== undefined) },
  { weight: 1, arbitrary: oddNumber.filter(({ value }) => value === undefined) },
  { weight: 1, arbitrary: longInteger },
  { weight: 1, arbitrary: loneSurrogate },
);

const space = fc.constantFrom("", "", "", " ", "\n\t", "\r\n  ");

export function arrayOf(items: readonly Json[], space = ""): Json {
  const kept = items.flatMap(({ value }) => (value === undefined ? [] : [value]));
  return {
    text: `[${space}${items.map(({ text }) => text).join(`${space},`)}${space}]`,
    value: kept.length === items.length ? kept : undefined,
    depth: 1 + deepest(items),
  };
}

/** Of two members with one name the last counts. One that does not count and cannot be kept is left out: it may be refused or not. */
export function objectOf(members: readonly (readonly [name: string, value: Json])[], space = ""): Json {
  const last = new Map(members);
  const written = members.filter(([name, json]) => json.value !== undefined || last.get(name) === json);
  const texts = written.map(([name, { text }]) => `${space}${JSON.stringify(name)}${space}:${text}`);
  const counted = [...new Map(written)];
  const kept = counted.flatMap(([name, { value }]) => (value === undefined ? [] : [[name, value] as const]));
  return {
    text: `{${texts.join()}${space}}`,
    value: kept.length === counted.length ? Object.fromEntries(kept) : undefined,
    depth: 1 + deepest([...last.values()]),
  };
}

function deepest(items: readonly Json[]): number {
  return Math.max(0, ...items.map(({ depth }) => depth));
}

/** Deep, on both sides of what is allowed. */
const nested = fc
  .tuple(fc.oneof(fc.integer({ min: 90, max: 105 }), fc.constantFrom(500, 2_000)), fc.boolean())
  .map(([depth, isArray]) => {
    let json = leaf("0", 0);
    for (let level = 0; level < depth; level++) json = isArray ? arrayOf([json]) : objectOf([["a", json]]);
    return json;
  });

const { any } = fc.letrec<{ any: Json; array: Json; object: Json }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, depthIdentifier: "json" },
    { weight: 6, arbitrary: scalar },
    { weight: 2, arbitrary: tie("array") },
    { weight: 3, arbitrary: tie("object") },
  ),
  array: fc
    .tuple(fc.array(tie("any"), { maxLength: 4, depthIdentifier: "json" }), space)
    .map(([items, space]) => arrayOf(items, space)),
  object: fc
    .tuple(fc.array(fc.tuple(texts.name, tie("any")), { maxLength: 4, depthIdentifier: "json" }), space)
    .map(([members, space]) => objectOf(members, space)),
}));

/** Any JSON, some of which is to be refused. */
export const json: fc.Arbitrary<Json> = fc.oneof(
  { weight: 30, arbitrary: any },
  { weight: 1, arbitrary: nested },
);

/** The members of an object. */
export const members = fc.array(fc.tuple(texts.name, json), { maxLength: 4 });

/** Any payload that can be kept. */
export const kept: fc.Arbitrary<Json> = any.filter(({ value, depth }) => value !== undefined && depth < 90);
