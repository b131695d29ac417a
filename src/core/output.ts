import type { TaskDefinition } from "./registry.ts";
import type { JsonValue } from "./task.ts";

/** What is kept of what a handler returns: nothing is stored as null, and of what is not known only that it is JSON. */
export type Stored<Output> = unknown extends Output ? JsonValue : Output extends void ? null : Output;

/** What its result holds: what its handler returns, as JSON. */
export type OutputOf<Definition> =
  Definition extends TaskDefinition<never, never, infer Output> ? Stored<Output> : JsonValue;
