import { afterAll, describe, expect, it } from "vitest";
import { libsqlStorage } from "../../src/storage/libsql.ts";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { laterRelease } from "../support/release.ts";
import { startSqld } from "../support/sqld.ts";
import { NOW, newTask } from "../support/tasks.ts";

const primary = await startSqld();
const replica = await startSqld(primary);
const folder = await temporaryFolder();
afterAll(() => Promise.all([folder.remove(), replica.close(), primary.close()]));

const PLACES = {
  "a server": { url: primary.url },
  "a read replica": { url: replica.url },
  "an embedded replica": { url: `file:${folder.path}/replica.db`, syncUrl: primary.url },
};

/** The database is migrated by the last of these tests but one. */
describe("the schema of a libSQL server", () => {
  for (const [place, options] of Object.entries(PLACES)) {
    it(`first use without it throws SchemaMissing that names the command: ${place}`, async () => {
      const storage = libsqlStorage({ ...options, migrate: false });
      const uses = [
        () => storage.initialize(),
        () => storage.enqueueMany([newTask()], NOW),
        () => storage.dequeue(NOW),
        () => storage.rescueMany(NOW, () => 0),
        () => storage.getTask("id"),
      ];
      for (const use of uses) {
        await expect(use()).rejects.toMatchObject({
          code: "schema_missing",
          message: expect.stringContaining("`npx omniq migrate`"),
        });
      }
    });
  }

  it("is brought once by clients that start at the same moment, through replicas too, and then serves all", async () => {
    const clients = [...Object.values(PLACES), ...Object.values(PLACES).slice(0, 2)].map((options) =>
      libsqlStorage({ ...options }),
    );
    await Promise.all(clients.map((client) => client.initialize()));
    const database = await openLibsql({ url: primary.url, migrate: false });
    expect(await database.sql("SELECT count(*) AS count FROM omniq_migrations")).toEqual([{ count: 3 }]);
    const tasks = clients.map(() => newTask());
    for (const [index, client] of clients.entries())
      await client.enqueueMany(tasks.slice(index, index + 1), NOW);
    for (const client of clients) expect(await client.dequeue(NOW)).not.toBeNull();
  });

  it("stays as it is where it refuses a migration, which is named, through a replica too", async () => {
    const good = "CREATE TABLE `labels` (`label` text);";
    const release = await laterRelease(good, "INSERT INTO `nowhere` VALUES (1);");
    for (const { url } of [primary, replica]) {
      const { output } = await release.migrate(url);
      expect(output).toMatch(/^migration_failed: .* migration 0004_later_1\.sql .*no such table: nowhere/);
    }
    await release.remove();
    const database = await openLibsql({ url: primary.url, migrate: false });
    expect(await database.sql("SELECT count(*) AS count FROM omniq_migrations")).toEqual([{ count: 3 }]);
    expect(await database.sql("SELECT 1 FROM sqlite_schema WHERE name = 'labels'")).toEqual([]);
  });
});
