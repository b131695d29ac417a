#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { Command, Option } from "commander";
import { ConfigError, OmniqError } from "../core/errors.ts";
import type { LibsqlOptions } from "../storage/libsql.ts";
import { copyMigrations } from "../storage/migrate.ts";

/** Beside the command's folder in the repository and in the published package alike. */
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
const program = new Command("omniq").description("Durable tasks on serverless SQLite").version(version);

program
  .command("migrations")
  .description("copy the numbered migrations into an app that applies them with its own")
  .requiredOption("--out <dir>", "folder to write them to; it is made where it does not exist")
  .option("--prefix <text>", "put before the name of each table and index", "")
  .addHelpText("after", "\nExample:\n  $ npx omniq migrations --out migrations --prefix omniq_\n")
  .action(async ({ out, prefix }: { out: string; prefix: string }) => {
    await mkdir(out, { recursive: true });
    for (const name of await copyMigrations(out, prefix)) console.log(`${out}/${name}`);
  });

program
  .command("migrate")
  .description("apply the migrations to the libSQL database of OMNIQ_DB_URL")
  .addOption(new Option("--url <url>", "the database").env("OMNIQ_DB_URL"))
  .addOption(new Option("--token <token>", "its token").env("OMNIQ_DB_TOKEN"))
  .option("--prefix <text>", "put before the name of each table and index", "")
  .action(async ({ url, token, prefix }: { url?: string; token?: string; prefix: string }) => {
    if (url === undefined) return program.error("expected --url or OMNIQ_DB_URL, got neither");
    const storage = await open({ url, authToken: token, tablePrefix: prefix });
    await storage.initialize();
    console.log("the schema is up to date");
  });

/** The client's own message would name the URL, and a URL may hold a token. */
async function open(options: LibsqlOptions) {
  const { libsqlStorage } = await importLibsql();
  try {
    return libsqlStorage(options);
  } catch (error) {
    if (error instanceof OmniqError) throw error;
    throw new ConfigError(
      "--url or OMNIQ_DB_URL",
      "a URL that begins with libsql:, https:, http: or file:",
      "another",
    );
  }
}

/** An app on D1 has not installed the client, which is an optional peer: nothing but `migrate` may ask for it. */
async function importLibsql() {
  try {
    return await import("../storage/libsql.ts");
  } catch (error) {
    throw new ConfigError("@libsql/client", "installed (`npm install @libsql/client`)", String(error));
  }
}

try {
  await program.parseAsync();
} catch (error) {
  // A stack trace tells a user of the command nothing.
  program.error(error instanceof OmniqError ? `${error.code}: ${error.message}` : String(error));
}
