import { afterAll } from "vitest";
import { openLibsql } from "../support/libsql.ts";
import { startSqld } from "../support/sqld.ts";
import { describeStorage } from "./suite.ts";

const server = await startSqld();
afterAll(() => server.close());

describeStorage("a libSQL server", () => openLibsql({ url: server.url }));
