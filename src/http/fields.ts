import * as v from "valibot";
import { digitsOrText, LAST_INSTANT, type Range } from "../core/duration.ts";
import { LIMITS } from "../core/options.ts";

// The engine checks ranges and forms, since it knows them; here they are said for the API's own document, which is made of these
// schemas.

/** No control characters, and nothing but whole characters: the lone halves of some are told apart by ranges that every dialect knows. */
const TEXT_PATTERN = "^[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]+$";
const TEXT = { minLength: 1, maxLength: LIMITS.textLength, pattern: TEXT_PATTERN };
const UUID_V7 = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$";
const EXAMPLE_ID = "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f6071";
const ID = { format: "uuid", pattern: UUID_V7, examples: [EXAMPLE_ID] };
const ISO_8601 = { type: "string", format: "date-time", examples: ["2026-11-24T09:00:00Z"] };
const DURATION_PATTERN = "^\\d+(\\.\\d+)?\\s?(ms|s|m|h|d|w)$";

const instantForms = {
  anyOf: [{ type: "integer", minimum: 0, maximum: LAST_INSTANT, examples: [1_795_510_800_000] }, ISO_8601],
};

function durationForms({ min, max }: Range, examples: readonly string[]) {
  const text = { type: "string", pattern: DURATION_PATTERN, examples };
  return { anyOf: [{ type: "integer", minimum: min, maximum: max }, text] };
}

function integerForm({ min, max }: Range) {
  return { type: "integer", minimum: min, maximum: max };
}

const NumberOrText = v.union([v.number(), v.string()]);

/** Taken as it is: a record's schema would drop keys such as `constructor`, and a payload comes back equal or is refused. */
export const Payload = v.pipe(
  v.custom<Record<string, unknown>>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  ),
  v.metadata({ type: "object" }),
);

/** Values of any kind. */
export function values(description: string) {
  return v.pipe(v.array(v.unknown()), v.description(description));
}

export function payload(description: string) {
  return v.pipe(Payload, v.description(description));
}

export function flag(description: string) {
  return v.pipe(v.boolean(), v.description(description));
}

export function choice<const Choices extends readonly string[]>(choices: Choices, description: string) {
  return v.pipe(v.picklist(choices), v.description(description));
}

export function text(description: string) {
  return v.pipe(v.string(), v.metadata({ ...TEXT, description }));
}

/** A text of a form of its own. */
export function textLike(
  form: { readonly pattern?: string; readonly examples: readonly string[] },
  description: string,
) {
  return v.pipe(v.string(), v.metadata({ ...TEXT, ...form, description }));
}

export function id(description: string) {
  return v.pipe(v.string(), v.metadata({ ...ID, description }));
}

export function integer(range: Range, description: string) {
  return v.pipe(v.number(), v.metadata({ ...integerForm(range), description }));
}

/** Integer milliseconds, or a text; the examples are within every range. */
export function duration(range: Range, description: string) {
  return v.pipe(NumberOrText, v.metadata({ ...durationForms(range, ["1s", "10s"]), description }));
}

/** A moment, as a number or a text: in a body, which has both. */
export function instant(description: string) {
  return v.pipe(NumberOrText, v.metadata({ ...instantForms, description }));
}

/** The same in a query, where there is only text. */
export function instantParameter(description: string) {
  return v.pipe(v.string(), v.metadata({ ...instantForms, description }), v.transform(digitsOrText));
}

export function durationParameter(range: Range, description: string) {
  const forms = durationForms(range, ["1s", "10s"]);
  return v.pipe(v.string(), v.metadata({ ...forms, description }), v.transform(digitsOrText));
}

/** Either of the two, as what is purged says it: how long ago in text alone. */
export function ageParameter(earliest: number, description: string) {
  const moment = integerForm({ min: earliest, max: LAST_INSTANT });
  const age = { type: "string", pattern: DURATION_PATTERN, examples: ["7d", "30d"] };
  return v.pipe(
    v.string(),
    v.metadata({ anyOf: [age, ISO_8601, moment], description }),
    v.transform(digitsOrText),
  );
}

/** @param read gives the number, or what the engine refuses with the field's name */
export function integerParameter(range: Range, read: (text: string) => number, description: string) {
  return v.pipe(v.string(), v.metadata({ ...integerForm(range), description }), v.transform(read));
}
