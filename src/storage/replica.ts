import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** What libSQL keeps beside the file of an embedded replica. */
const ENDINGS = ["", "-wal", "-shm", "-info", "-client_wal_index"];

/** Removes the file of an embedded replica, which holds nothing that its primary does not have. @param url as libSQL has it: `file:...` */
export async function removeReplica(url: string): Promise<void> {
  const path = url.startsWith("file://")
    ? fileURLToPath(url)
    : url.replace(/^file:/i, "").replace(/\?.*$/s, "");
  for (const ending of ENDINGS) await rm(path + ending, { force: true });
}
