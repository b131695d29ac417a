import { afterAll } from "vitest";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { describeSchema } from "./schema-suite.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());

describeSchema("a libSQL file", () => openLibsql({ url: `file:${folder.path}/queue.db` }));

describeSchema(
  "a libSQL file, with a prefix",
  () => openLibsql({ url: `file:${folder.path}/prefix.db`, tablePrefix: "omniq_" }),
  "omniq_",
);
