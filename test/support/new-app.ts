import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildPackage, MODULES } from "./package.ts";

/** A folder of a new app that has installed the built package, and others. */
export interface NewApp {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Builds the package and installs it into a new folder, with links to what else the app has.
 *
 * @param names of packages of this repository, scopes included: `hono`, `@types`
 * @param from a folder whose files the app begins with. Defaults to none
 */
export async function newApp(names: readonly string[], from?: string): Promise<NewApp> {
  const path = await mkdtemp(join(tmpdir(), "omniq-app-"));
  const installed = join(path, "node_modules");
  if (from !== undefined) await cp(from, path, { recursive: true });
  await mkdir(join(installed, ".bin"), { recursive: true });
  await buildPackage(join(installed, "omniq"));
  await symlink(MODULES, join(installed, "omniq/node_modules"));
  for (const name of names) {
    await mkdir(dirname(join(installed, name)), { recursive: true });
    await symlink(join(MODULES, name), join(installed, name));
  }
  const bin = join(installed, "omniq/lib/cli/omniq.js");
  await chmod(bin, 0o755);
  await symlink(bin, join(installed, ".bin/omniq"));
  if (from === undefined) await writeFile(join(path, "package.json"), JSON.stringify({ type: "module" }));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
