import { afterAll } from "vitest";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { startSqld } from "../support/sqld.ts";
import { itFollowsTheModel } from "./suite.ts";

const [folder, server] = [await temporaryFolder(), await startSqld()];
afterAll(() => Promise.all([folder.remove(), server.close()]));

itFollowsTheModel(
  "a libSQL file",
  () => openLibsql({ url: `file:${folder.path}/queue.db` }),
  150,
  process.env,
);
itFollowsTheModel("a libSQL server", () => openLibsql({ url: server.url }), 30, process.env);
