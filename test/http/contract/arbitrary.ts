/** Values that a JSON Schema takes, as far as this API's document uses it. */
import type { JsonSchema } from "@valibot/to-json-schema";
import fc from "fast-check";

type Schema = JsonSchema | boolean | undefined;

/** Values of members that only the database knows, by their names. */
export type Known = Readonly<Record<string, fc.Arbitrary<unknown>>>;

export interface Context {
  readonly schemas: Readonly<Record<string, JsonSchema>>;
  readonly known: Known;
}

/** Whether an optional member is to be there; where it is not named, chance decides. */
export type Forced = Readonly<Record<string, boolean>>;

const ABSENT = Symbol("absent");
const REFERENCE = "#/components/schemas/";

const anyValue = fc.jsonValue({ maxDepth: 2 });
const anyObject = fc.dictionary(fc.string(), anyValue, { maxKeys: 3 });

export function resolve(schema: Schema, { schemas }: Context): JsonSchema {
  if (typeof schema !== "object") return {};
  if (schema.$ref === undefined) return schema;
  return resolve(schemas[schema.$ref.slice(REFERENCE.length)], { schemas, known: {} });
}

export function arbitraryOf(given: Schema, context: Context, name = ""): fc.Arbitrary<unknown> {
  const known = context.known[name];
  if (known !== undefined) return known;
  const schema = resolve(given, context);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined && schema.properties === undefined) {
    return fc.oneof(...schema.anyOf.map((one) => arbitraryOf(one, context)), ...durationsOf(schema.anyOf));
  }
  switch (schema.type) {
    case "array":
      return itemsOf(schema, context, name);
    case "object":
      return schema.properties === undefined ? anyObject : objectOf(schema, context);
    case "integer":
      return fc.integer({ min: schema.minimum, max: schema.maximum });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "string":
      return textOf(schema);
    default:
      return anyValue;
  }
}

/** An object with the members that it must have, and those that are forced or that chance wants. */
export function objectOf(
  given: Schema,
  context: Context,
  forced: Forced = {},
): fc.Arbitrary<Record<string, unknown>> {
  const { properties = {}, required = [] } = resolve(given, context);
  const members = Object.entries(properties).map(([name, schema]) => {
    const value = arbitraryOf(schema, context, name);
    const isThere = forced[name] ?? (required.includes(name) || undefined);
    if (isThere === false) return fc.constant([name, ABSENT] as const);
    const there = value.map((one) => [name, one] as const);
    if (isThere) return there;
    return fc.oneof(
      { weight: 3, arbitrary: fc.constant([name, ABSENT] as const) },
      { weight: 1, arbitrary: there },
    );
  });
  return fc.tuple(...members).map((all) => Object.fromEntries(all.filter(([, value]) => value !== ABSENT)));
}

function itemsOf({ items, minItems = 0, maxItems = 4 }: JsonSchema, context: Context, name: string) {
  const item = Array.isArray(items) ? undefined : items;
  return fc.array(arbitraryOf(item, context, `${name}[]`), {
    minLength: minItems,
    maxLength: Math.min(maxItems, 4),
  });
}

/** A number and a text are two ways to say a duration: what is in range as the one is as the other. */
function durationsOf(forms: readonly (JsonSchema | boolean)[]): fc.Arbitrary<string>[] {
  const [number, text] = forms;
  if (typeof number !== "object" || typeof text !== "object" || !text.pattern?.includes("(ms|")) return [];
  if (number.type !== "integer") return [];
  return [
    fc.integer({ min: number.minimum, max: number.maximum }).map((milliseconds) => `${milliseconds}ms`),
  ];
}

function textOf({
  format,
  pattern,
  examples,
  minLength = 0,
  maxLength = 20,
}: JsonSchema): fc.Arbitrary<string> {
  if (format === "date-time") {
    const bounds = { min: new Date(0), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true };
    return fc.date(bounds).map((date) => date.toISOString());
  }
  const texts = (Array.isArray(examples) ? examples : []).filter((one) => typeof one === "string");
  if (texts.length > 0) return fc.constantFrom(...texts);
  const form = new RegExp(pattern ?? "", "u");
  const any = fc.string({ unit: "binary", minLength, maxLength: Math.min(maxLength, 20) });
  // As long as it may be, too: of characters that count as one however they are counted.
  const longest = fc.constant("x".repeat(maxLength));
  return fc.oneof({ weight: 9, arbitrary: any }, longest).filter((text) => form.test(text));
}
