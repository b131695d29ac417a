/** D1 as Node reaches it: served by workerd on this machine, without an account. */
import { fileURLToPath } from "node:url";
import type { D1Database } from "@cloudflare/workers-types";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { d1Driver } from "../../src/storage/d1.ts";
import { TestDatabase } from "../support/database.ts";
import { chaoticBinding } from "./binding.ts";
import type { OpenedDatabase } from "./databases.ts";
import { D1_FAULTS } from "./faults.ts";

const CONFIG = fileURLToPath(new URL("../support/wrangler.toml", import.meta.url));
const MIGRATIONS = fileURLToPath(new URL("../../drizzle", import.meta.url));

export async function openD1(): Promise<OpenedDatabase> {
  Object.assign(process.env, { WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" });
  // Not before these are set, since wrangler reads them as it loads.
  const { getPlatformProxy } = await import("wrangler");
  const platform = await getPlatformProxy<{ DB: D1Database }>({ configPath: CONFIG, persist: false });
  const { DB } = platform.env;
  const statements = readMigrationFiles({ migrationsFolder: MIGRATIONS }).flatMap(({ sql }) => sql);
  await DB.batch(statements.map((sql) => DB.prepare(sql)));
  return {
    faults: D1_FAULTS,
    connect: (chaos) => d1Driver(chaoticBinding(DB, chaos)),
    database: new TestDatabase(d1Driver(DB)),
    close: platform.dispose,
  };
}
