import { ConfigError } from "../core/errors.ts";
import type { Storage } from "../core/storage.ts";

/** Inside workerd: stands for a database in memory, which needs the native client, and keeps that out. */
export async function openMemory(): Promise<Storage> {
  throw new ConfigError("storage", "given inside workerd, as `emptyD1(env.DB)`", "none");
}
