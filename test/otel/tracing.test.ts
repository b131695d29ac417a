import { afterAll } from "vitest";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { describeTracing } from "./suite.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());

describeTracing("a libSQL file", () => openLibsql({ url: `file:${folder.path}/queue.db` }));
