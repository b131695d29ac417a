import type * as v from "valibot";
import type { Scope } from "../keys.ts";
import { type ProblemCode, STATUS_OF } from "../problem.ts";

/** A schema of any kind. */
export type Schema = v.GenericSchema;
/** A schema of an object: its members are the parameters. */
export type Parameters = v.StrictObjectSchema<v.ObjectEntries, undefined>;

/** A reply that is no problem. */
export interface Reply {
  readonly description: string;
  /** Absent where the reply has no body. */
  readonly schema?: Schema;
  /** Defaults to `application/json`. */
  readonly type?: string;
  /** Names of headers that come with it, and what they say. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a route takes and answers: the part of the document that stands beside it. */
export interface Operation {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** With names of parameters in braces, as `/v1/tasks/{id}`. */
  readonly path: `/${string}`;
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** What the key must have; null where none is asked for. */
  readonly scope: Scope | null;
  /** Of the path, by their names. */
  readonly params?: Readonly<Record<string, Schema>>;
  readonly query?: Parameters;
  readonly headers?: Parameters;
  readonly body?: Schema;
  /** Whether it may come without one. Defaults to false. */
  readonly bodyIsOptional?: boolean;
  /** A body, for those who read. */
  readonly example?: object;
  /** By their status. */
  readonly replies: Readonly<Record<number, Reply>>;
  /** The codes of its own; those that any operation with its scope, its path and its body can have are added. */
  readonly problems?: readonly ProblemCode[];
  /** Codes that come with another status here than elsewhere, by that status. */
  readonly exceptions?: Readonly<Record<number, readonly ProblemCode[]>>;
}

/** Of any request: the database or the server is at fault. */
const OF_SERVER: readonly ProblemCode[] = ["internal_error", "invalid_config"];
const OF_STORAGE: readonly ProblemCode[] = [
  "schema_missing",
  "storage_unavailable",
  "storage_overloaded",
  "query_limit",
];
const OF_WRITE: readonly ProblemCode[] = ["storage_full"];
const OF_KEY: readonly ProblemCode[] = ["unauthorized", "forbidden"];
const OF_BODY: readonly ProblemCode[] = ["invalid_json", "too_large", "unsupported_media_type"];

/** The codes that an operation can answer, by their status. */
export function problemsOf(operation: Operation): ReadonlyMap<number, readonly ProblemCode[]> {
  const byStatus = new Map<number, ProblemCode[]>();
  const add = (status: number, code: ProblemCode) => {
    const codes = byStatus.get(status) ?? [];
    if (!codes.includes(code)) codes.push(code);
    byStatus.set(status, codes);
  };
  for (const code of codesOf(operation)) add(STATUS_OF[code], code);
  for (const [status, codes] of Object.entries(operation.exceptions ?? {})) {
    for (const code of codes) add(Number(status), code);
  }
  return new Map([...byStatus].sort(([one], [other]) => one - other));
}

function codesOf({ scope, body, method, problems = [] }: Operation): readonly ProblemCode[] {
  return [
    // Of what is no percent-encoded UTF-8, in the path or in the query.
    "invalid_input",
    ...(scope === null ? [] : OF_KEY),
    ...(body === undefined ? [] : OF_BODY),
    ...problems,
    ...OF_SERVER,
    ...(scope === null ? [] : OF_STORAGE),
    ...(scope === null || method === "get" ? [] : OF_WRITE),
  ];
}
