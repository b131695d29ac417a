import { readFile, rm } from "node:fs/promises";
import { createClient } from "@libsql/client";
import { afterAll, expect, it } from "vitest";
import { StorageUnavailable } from "../../src/core/errors.ts";
import { libsqlDriver } from "../../src/storage/libsql.ts";
import { until } from "../core/engine/context.ts";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { startSqld } from "../support/sqld.ts";
import { newTask } from "../support/tasks.ts";

const server = await startSqld();
const folder = await temporaryFolder();
afterAll(async () => {
  await server.close();
  await folder.remove();
});

const COUNT = { sql: "SELECT count(*) AS count FROM tasks", parameters: [] };

it("an embedded replica whose file is broken is fetched anew, and has all that its primary has", async () => {
  const path = `${folder.path}/replica.db`;
  const database = await openLibsql({ url: `file:${path}`, syncUrl: server.url });
  await database.storage().enqueueMany([newTask(), newTask()], Date.now());
  await database.catchUp();
  await server.kill();
  // What a sync in which the primary was lost leaves behind at times.
  await rm(`${path}-client_wal_index`);
  await expect(database.sql("SELECT 1")).rejects.toThrow(StorageUnavailable);
  await server.start();
  const count = async () => Number((await database.driver.all(COUNT))[0]?.count);
  await until(async () => (await count().catch(() => 0)) === 2);
});

it("a database of one's own, with a syncUrl by mistake, is refused and left as it is", async () => {
  const path = `${folder.path}/own.db`;
  const own = createClient({ url: `file:${path}` });
  await own.execute("CREATE TABLE orders (id TEXT)");
  await own.execute("INSERT INTO orders VALUES ('o-1')");
  own.close();
  const before = await readFile(path);
  const driver = libsqlDriver({ url: `file:${path}`, syncUrl: server.url });
  for (let times = 0; times < 3; times++) await expect(driver.all(COUNT)).rejects.toThrow(StorageUnavailable);
  expect((await readFile(path)).equals(before)).toBe(true);
});
