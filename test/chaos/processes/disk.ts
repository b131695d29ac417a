import { execFile } from "node:child_process";
import { appendFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "../../support/libsql.ts";

const run = promisify(execFile);

/** A folder, on a small disk of its own where this machine lets us mount one. */
export interface Disk {
  readonly path: string;
  /** Fills what is left of it; null where the disk is everybody's. */
  readonly fill: (() => Promise<void>) | null;
  /** Makes the room again. */
  free(): Promise<void>;
  close(): Promise<void>;
}

const SIZE = "48m";

export async function openDisk(): Promise<Disk> {
  const folder = await temporaryFolder();
  const { path } = folder;
  const ballast = join(path, "ballast");
  const free = () => rm(ballast, { force: true });
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", path]);
  } catch {
    return { path, fill: null, free, close: folder.remove };
  }
  const close = async () => {
    await run("umount", ["--lazy", path]);
    await folder.remove();
  };
  return { path, fill: () => fillUp(ballast), free, close };
}

/** Whether this machine lets us mount a disk of our own. */
export async function canMount(): Promise<boolean> {
  const { fill, close } = await openDisk();
  await close();
  return fill !== null;
}

async function fillUp(ballast: string): Promise<void> {
  // From large to small: not a page is left.
  for (const bytes of [1 << 20, 1 << 12]) {
    try {
      for (;;) await appendFile(ballast, Buffer.alloc(bytes));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }
}
