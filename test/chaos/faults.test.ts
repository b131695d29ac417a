import { describe, expect, it } from "vitest";
import type { ErrorTable } from "../../src/storage/classify.ts";
import { D1_ERRORS } from "../../src/storage/d1.ts";
import { LIBSQL_ERRORS } from "../../src/storage/libsql.ts";
import { D1_FAULTS, LIBSQL_FAULTS, type NamedFault } from "./faults.ts";

const DATABASES: readonly (readonly [name: string, ErrorTable, readonly NamedFault[]])[] = [
  ["D1", D1_ERRORS, D1_FAULTS],
  ["libSQL", LIBSQL_ERRORS, LIBSQL_FAULTS],
];

describe.each(DATABASES)("the faults of %s", (_, errors, faults) => {
  const passing = errors.filter(([, kind]) => kind === "unavailable" || kind === "overloaded");

  it.each(passing)("have a message that %s knows", (pattern) => {
    expect(faults.filter(({ name }) => pattern.test(name))).not.toEqual([]);
  });
});
