import { afterAll } from "vitest";
import { openLibsql } from "../support/libsql.ts";
import { startSqld } from "../support/sqld.ts";
import { describeStorage } from "./suite.ts";

const primary = await startSqld();
const replica = await startSqld(primary);
afterAll(() => Promise.all([replica.close(), primary.close()]));

describeStorage("a libSQL server through a read replica", () => openLibsql({ url: replica.url }), {
  batchOf4MB: "a replica passes a batch on by gRPC, in one message of at most 4 MB",
});
