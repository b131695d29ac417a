import { type ConversionConfig, type JsonSchema, toJsonSchemaDefs } from "@valibot/to-json-schema";
import * as v from "valibot";
import type { Schema } from "./operation.ts";

/** Under this name come the schemas that have none of their own. */
const NAMELESS = "nameless";

const config: ConversionConfig = {
  target: "draft-2020-12",
  // A payload that is looked at as an object, and then as one with certain members, is the second.
  typeMode: "output",
  overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  // What such a schema takes is said by its metadata.
  overrideSchema: ({ valibotSchema, jsonSchema }) =>
    valibotSchema.type === "custom" ? jsonSchema : undefined,
  overrideAction: ({ valibotAction, jsonSchema }) => {
    // A parameter is sent as text, whatever it is read as.
    if (valibotAction.type === "transform") return jsonSchema;
    if (valibotAction.type !== "metadata" || jsonSchema.anyOf === undefined) return undefined;
    const { type: _type, ...forms } = jsonSchema;
    return forms;
  },
};

/** The named schemas as JSON Schema, and those that have no name, where the named ones are references. */
export function convertSchemas(
  named: Readonly<Record<string, Schema>>,
  nameless: Readonly<Record<string, Schema>>,
): { readonly named: Record<string, JsonSchema>; readonly nameless: Record<string, JsonSchema> } {
  const all = toJsonSchemaDefs({ ...named, [NAMELESS]: v.object({ ...nameless }) }, config);
  const { [NAMELESS]: rest, ...definitions } = all;
  return {
    named: definitions,
    nameless: Object.fromEntries(Object.entries(rest?.properties ?? {}).filter(isSchema)),
  };
}

function isSchema(entry: readonly [string, JsonSchema | boolean]): entry is [string, JsonSchema] {
  return typeof entry[1] === "object";
}
