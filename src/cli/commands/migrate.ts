import { mkdir } from "node:fs/promises";
import { openStorage } from "../database.ts";
import { type OutputOptions, print, printJson, printResult } from "../output.ts";
import { findDatabase, showUrl, type TargetOptions } from "../place.ts";

export interface MigrationsFlags extends OutputOptions {
  readonly out: string;
  readonly prefix: string;
}

/** Applies the migrations to a libSQL database. */
export async function migrate(flags: TargetOptions): Promise<void> {
  const place = findDatabase(flags);
  const storage = await openStorage(place, flags, true);
  await storage.initialize();
  printResult(
    flags,
    { database: showUrl(place.url), schema: "up to date" },
    () => "the schema is up to date",
  );
}

/** Writes the numbered migrations into an app. */
export async function writeMigrations({ out, prefix, json }: MigrationsFlags): Promise<void> {
  const { copyMigrations } = await import("../../storage/migrate.ts");
  await mkdir(out, { recursive: true });
  const files = (await copyMigrations(out, prefix)).map((name) => `${out}/${name}`);
  if (json === true) return printJson({ files });
  for (const file of files) print(file);
}
