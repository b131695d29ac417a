import type { JsonSchema } from "@valibot/to-json-schema";
import { html } from "hono/html";

/** What stands in a page: escaped, or made of what was. */
export type Html = ReturnType<typeof html>;
type Member = JsonSchema | boolean | undefined;

const REFERENCE = "#/components/schemas/";

/** A named schema, as a link to its table. */
function renderReference(name: string): Html {
  return html`<a href="#${name}">${name}</a>`;
}

/** What a schema takes, in few words. */
export function renderType(schema: Member): Html {
  if (typeof schema !== "object") return html`any`;
  const { $ref, anyOf, enum: values, const: only, items } = schema;
  if ($ref !== undefined) return renderReference($ref.slice(REFERENCE.length));
  if (anyOf !== undefined && schema.properties === undefined) return join(anyOf.map(renderType), " or ");
  if (values !== undefined) return join(values.map(renderValue), " or ");
  if (only !== undefined) return renderValue(only);
  if (schema.type === "array") {
    const item = Array.isArray(items) ? undefined : items;
    return html`array of ${renderType(item)}${renderNote(boundsOf(schema.minItems, schema.maxItems))}`;
  }
  return html`${describeKind(schema)}${renderNote(noteOf(schema))}`;
}

function describeKind({ type, format }: JsonSchema): string {
  if (type === undefined) return "any";
  const kinds = Array.isArray(type) ? type.join(" or ") : type;
  return format === undefined ? kinds : `${kinds} (${format})`;
}

function noteOf({ minimum, maximum, minLength, maxLength, examples }: JsonSchema): string {
  const example =
    Array.isArray(examples) && examples.length > 0 ? `such as ${JSON.stringify(examples[0])}` : "";
  const length = boundsOf(minLength, maxLength);
  const bounds = [boundsOf(minimum, maximum), length === "" ? "" : `${length} characters`];
  return [...bounds, example].filter((part) => part !== "").join(", ");
}

function boundsOf(least: number | undefined, most: number | undefined): string {
  if (most === undefined) return least === undefined || least === 0 ? "" : `from ${least}`;
  return least === undefined ? `at most ${most}` : `${least} to ${most}`;
}

function renderNote(note: string): Html | string {
  return note === "" ? "" : html` <span class="faint">${note}</span>`;
}

function renderValue(value: unknown): Html {
  return html`<code>${JSON.stringify(value)}</code>`;
}

/** Several, with a word between them. */
function join(parts: readonly Html[], between: string): Html {
  return html`${parts.flatMap((part, index) => (index === 0 ? [part] : [between, part]))}`;
}
