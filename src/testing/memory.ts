import type { Storage } from "../core/storage.ts";
import { libsqlStorage } from "../storage/libsql.ts";

/** A database of its own for each caller, gone with it. */
export async function openMemory(): Promise<Storage> {
  return libsqlStorage({ url: ":memory:" });
}
