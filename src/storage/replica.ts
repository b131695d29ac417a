import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What libSQL keeps beside the file of an embedded replica. */
const ENDINGS = ["", "-wal", "-shm", "-info", "-client_wal_index"];

/**
 * Removes the file of an embedded replica, which holds nothing that its primary does not have. All at once: no other call may open it
 * meanwhile.
 *
 * @param url as libSQL has it: `file:...`
 */
export function removeReplica(url: string): void {
  const path = url.startsWith("file://")
    ? fileURLToPath(url)
    : url.replace(/^file:/i, "").replace(/\?.*$/s, "");
  for (const ending of ENDINGS) rmSync(path + ending, { force: true });
}
