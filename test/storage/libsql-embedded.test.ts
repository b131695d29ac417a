import { afterAll } from "vitest";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { startSqld } from "../support/sqld.ts";
import { describeStorage } from "./suite.ts";

const primary = await startSqld();
const folder = await temporaryFolder();
afterAll(() => Promise.all([folder.remove(), primary.close()]));

describeStorage("an embedded replica", () =>
  openLibsql({ url: `file:${folder.path}/replica.db`, syncUrl: primary.url }),
);
