import { afterAll } from "vitest";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { describeResultsElsewhere } from "./results/suite.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());

describeResultsElsewhere("a libSQL file beside a libSQL file", async () => ({
  tasks: await openLibsql({ url: `file:${folder.path}/tasks.db` }),
  results: await openLibsql({ url: `file:${folder.path}/results.db` }),
}));
