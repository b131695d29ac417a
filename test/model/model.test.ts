import { afterAll } from "vitest";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { startSqld } from "../support/sqld.ts";
import { itFollowsTheModel } from "./suite.ts";

const [folder, server] = [await temporaryFolder(), await startSqld()];
const replica = await startSqld(server);
afterAll(() => Promise.all([folder.remove(), replica.close(), server.close()]));

const openFile = (name: string) => () => openLibsql({ url: `file:${folder.path}/${name}.db` });

itFollowsTheModel("a libSQL file", { open: openFile("queue"), programs: 250 }, process.env);
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
itFollowsTheModel(
  "a read replica of it",
  { open: () => openLibsql({ url: replica.url }), lags: true, programs: 10 },
  process.env,
);
itFollowsTheModel(
  "an embedded replica of it",
  {
    open: () => openLibsql({ url: `file:${folder.path}/replica.db`, syncUrl: server.url }),
    lags: true,
    programs: 10,
  },
  process.env,
);
