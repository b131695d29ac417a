import { afterAll } from "vitest";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { describeStorage } from "./suite.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());

describeStorage("a libSQL file", () => openLibsql({ url: `file:${folder.path}/queue.db` }));
