import { afterAll } from "vitest";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { describeEngine } from "./engine-suite.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());

describeEngine("a libSQL file", () => openLibsql({ url: `file:${folder.path}/queue.db` }));
