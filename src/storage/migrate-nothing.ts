import { ConfigError } from "../core/errors.ts";

/** In a Worker's bundle: stands for the migrations, which need a file system, and keeps Drizzle out. */
export async function migrateLibsql(): Promise<never> {
  const how = "false in a Worker: apply the migrations with `omniq migrate` before you deploy";
  throw new ConfigError("migrate", how, "true");
}
