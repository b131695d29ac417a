import { afterAll } from "vitest";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { startSqld } from "../support/sqld.ts";
import { itFollowsTheModel } from "./suite.ts";

const [folder, server] = [await temporaryFolder(), await startSqld()];
afterAll(() => Promise.all([folder.remove(), server.close()]));

const openFile = (name: string) => () => openLibsql({ url: `file:${folder.path}/${name}.db` });

itFollowsTheModel("a libSQL file", { open: openFile("queue"), programs: 500 }, process.env);
itFollowsTheModel(
  "a libSQL file with its results in another",
  { open: openFile("tasks"), openResults: openFile("results"), programs: 50 },
  process.env,
);
itFollowsTheModel(
  "a libSQL server",
  { open: () => openLibsql({ url: server.url }), programs: 30 },
  process.env,
);
