/** What the document says, checked by another's validator. */
import type { JsonSchema } from "@valibot/to-json-schema";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";
import type { OpenApi, OperationObject } from "../../../src/http/openapi/document.ts";
import type { Answer } from "../../support/http.ts";

/** An operation with its address. */
export interface Listed {
  readonly method: string;
  readonly path: string;
  readonly operation: OperationObject;
}

const ROOT = "https://omniq.test/openapi.json";

export class Checker {
  readonly document: OpenApi;
  readonly listed: readonly Listed[];
  readonly #ajv = new Ajv2020({ strict: false, formats: fullFormats });

  constructor(document: OpenApi) {
    this.document = document;
    this.listed = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
    );
    const schemas = Object.entries(document.components.schemas).map(
      ([name, schema]) => [name, close(schema)] as const,
    );
    this.#ajv.addSchema({
      ...document,
      components: { ...document.components, schemas: Object.fromEntries(schemas) },
      $id: ROOT,
    });
  }

  /** @param steps to the schema in the document */
  validator(...steps: readonly string[]): ValidateFunction {
    const pointer = steps.map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1")));
    const $ref = `${ROOT}#/${pointer.join("/")}`;
    return this.#ajv.getSchema($ref) ?? this.#ajv.compile({ $ref });
  }

  /** What is wrong with a reply; null where nothing is. */
  faultOf({ method, path, operation }: Listed, { status, headers, text }: Answer): string | null {
    const declared = operation.responses[`${status}`];
    if (declared === undefined) return `the status ${status} is not declared: ${text}`;
    for (const name of Object.keys(declared.headers ?? {})) {
      if (!headers.has(name)) return `${status} comes without the header ${name}`;
    }
    const type = headers.get("content-type")?.split(";")[0] ?? null;
    if (declared.content === undefined) {
      return text === "" && type === null ? null : `${status} has a body of the type ${type}`;
    }
    if (type === null || declared.content[type] === undefined) return `${status} has the type ${type}`;
    if (!type.includes("json")) return null;
    const validate = this.validator(
      "paths",
      path,
      method,
      "responses",
      `${status}`,
      "content",
      type,
      "schema",
    );
    return validate(JSON.parse(text)) ? null : `${this.#ajv.errorsText(validate.errors)}: ${text}`;
  }
}

/** A reply may get further members in a later release; a test wants each of them declared. */
function close(schema: JsonSchema): JsonSchema {
  const { properties, anyOf, additionalProperties = false } = schema;
  if (properties !== undefined) return { ...schema, additionalProperties };
  return anyOf === undefined
    ? schema
    : { ...schema, anyOf: anyOf.map((one) => (typeof one === "object" ? close(one) : one)) };
}
