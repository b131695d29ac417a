import type { JsonSchema } from "@valibot/to-json-schema";
import { COMPONENTS, OPERATIONS } from "./components.ts";
import { convertSchemas } from "./convert.ts";
import { type Operation, problemsOf, type Reply, type Schema } from "./operation.ts";

export interface Content {
  readonly schema: JsonSchema;
  readonly example?: object;
}

export interface ResponseObject {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: JsonSchema }>>;
  readonly content?: Readonly<Record<string, Content>>;
}

export interface ParameterObject {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export interface OperationObject {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly ParameterObject[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, ResponseObject>>;
}

/** OpenAPI 3.1, as far as this API uses it. */
export interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: object;
  };
}

const DESCRIPTION = `Durable tasks on serverless SQLite. JSON with camelCase names; times are milliseconds since the epoch, and where you send one also ISO 8601 with a zone; durations are milliseconds, or a text such as "30s" or "5m". What is stored comes back equal, or it is refused. The length of a text is counted in UTF-16 code units. On D1 a reply has the header x-d1-bookmark: send it back to read at least what that call saw or wrote. Every GET has its HEAD. Where no keys are asked for, a POST from another site that is no JSON is 403. Replies may get further members in later releases.`;
const KEY = "Authorization: Bearer KEY. Its scopes are enqueue, read and admin, which implies the others.";

/** Makes the document, from the schemas by which requests are checked and those of the replies. */
export function makeDocument(): OpenApi {
  const { named, nameless } = convertSchemas(COMPONENTS, collectNameless());
  const find = (key: string): JsonSchema => nameless[key] ?? {};
  const paths: Record<string, Record<string, OperationObject>> = {};
  for (const operation of OPERATIONS) {
    const methods = paths[operation.path] ?? {};
    methods[operation.method] = describeOperation(operation, find);
    paths[operation.path] = methods;
  }
  return {
    openapi: "3.1.1",
    info: { title: "OmniQ", version: "1", description: DESCRIPTION },
    // Beside this document, wherever the API is mounted.
    servers: [{ url: "." }],
    paths,
    components: {
      schemas: named,
      securitySchemes: { key: { type: "http", scheme: "bearer", description: KEY } },
    },
  };
}

/** Every schema of an operation, by the operation and its place. */
function collectNameless(): Record<string, Schema> {
  const schemas: Record<string, Schema> = {};
  for (const { id, params = {}, query, headers, body, replies } of OPERATIONS) {
    for (const [name, schema] of Object.entries(params)) schemas[`${id} path ${name}`] = schema;
    if (query !== undefined) schemas[`${id} query`] = query;
    if (headers !== undefined) schemas[`${id} header`] = headers;
    if (body !== undefined) schemas[`${id} body`] = body;
    for (const [status, { schema }] of Object.entries(replies)) {
      if (schema !== undefined) schemas[`${id} ${status}`] = schema;
    }
  }
  return schemas;
}

type Find = (key: string) => JsonSchema;

function describeOperation(operation: Operation, find: Find): OperationObject {
  const { id, tag, summary, description, scope, body, bodyIsOptional = false, example } = operation;
  const parameters = [
    ...Object.keys(operation.params ?? {}).map((name) =>
      parameter("path", name, find(`${id} path ${name}`), true),
    ),
    ...parametersOf("query", find(`${id} query`)),
    ...parametersOf("header", find(`${id} header`)),
  ];
  const content = { "application/json": { schema: find(`${id} body`), example } };
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    security: scope === null ? [] : [{ key: [scope] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined ? {} : { requestBody: { required: !bodyIsOptional, content } }),
    responses: { ...describeReplies(operation, find), ...describeProblems(operation) },
  };
}

function parametersOf(place: ParameterObject["in"], schema: JsonSchema): ParameterObject[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
    typeof member === "object"
      ? [parameter(place, name, member, schema.required?.includes(name) ?? false)]
      : [],
  );
}

function parameter(place: ParameterObject["in"], name: string, schema: JsonSchema, required: boolean) {
  const { description, ...rest } = schema;
  return { name, in: place, required, description, schema: rest };
}

function describeReplies({ id, replies }: Operation, find: Find): Record<string, ResponseObject> {
  const describeOne = ([status, reply]: [string, Reply]) => {
    const { description, schema, type = "application/json", headers } = reply;
    const content = schema === undefined ? undefined : { [type]: { schema: find(`${id} ${status}`) } };
    return [status, { description, headers: headers && describeHeaders(headers), content }] as const;
  };
  return Object.fromEntries(Object.entries(replies).map(describeOne));
}

function describeHeaders(headers: NonNullable<Reply["headers"]>) {
  const entries = Object.entries(headers).map(
    ([name, description]) => [name, { description, schema: { type: "string" } }] as const,
  );
  return Object.fromEntries<{ description: string; schema: JsonSchema }>(entries);
}

const PROBLEM_HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { "www-authenticate": "How to send a key." },
  503: { "retry-after": "Seconds after which to try again." },
};

function describeProblems(operation: Operation): Record<string, ResponseObject> {
  const responses: Record<string, ResponseObject> = {};
  for (const [status, codes] of problemsOf(operation)) {
    const schema: JsonSchema = {
      $ref: "#/components/schemas/Problem",
      properties: { status: { const: status }, code: { enum: [...codes] } },
    };
    const headers = PROBLEM_HEADERS[status];
    responses[status] = {
      description: codes.join(", "),
      headers: headers && describeHeaders(headers),
      content: { "application/problem+json": { schema } },
    };
  }
  return responses;
}
