import { spawnSync } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the repository, and of what it has installed. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const MODULES = join(ROOT, "node_modules");

/** What tests read of a manifest. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

export interface Output {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of a shell in the repository, whose commands go before others'; none of them asks or goes out. */
export const SHELL = {
  ...process.env,
  ...{ CI: "true", WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
  PATH: [join(MODULES, ".bin"), process.env.PATH].join(delimiter),
};

/** Runs a command to its end. @param cwd where */
export function run(command: string, argv: readonly string[], cwd = ROOT, variables = {}): Output {
  const env = { ...SHELL, ...variables };
  const { status, stdout, stderr } = spawnSync(command, argv, { encoding: "utf8", cwd, env });
  return { status, stdout, stderr };
}

/** The same of one that must not fail. @returns what it wrote to its standard output */
export function runWell(command: string, argv: readonly string[], cwd?: string, variables = {}): string {
  const { status, stdout, stderr } = run(command, argv, cwd, variables);
  if (status === 0) return stdout;
  throw new Error(`expected ${command} ${argv.join(" ")} to end well, got ${status}:\n${stdout}\n${stderr}`);
}

/** Makes the npm package in this folder, as `npm run build` does. @returns its manifest */
export async function buildPackage(folder: string): Promise<Manifest> {
  const written = runWell(process.execPath, [join(ROOT, "scripts/build.ts"), folder]);
  if (written !== "") throw new Error(`expected the build to be silent, got ${written}`);
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
}

/** Builds and packs it. @returns the path of the tarball that would be published, and its manifest */
export async function packPackage(folder: string): Promise<{ tarball: string; manifest: Manifest }> {
  const dist = join(folder, "dist");
  await mkdir(dist, { recursive: true });
  const manifest = await buildPackage(dist);
  runWell("npm", ["pack", "./dist", "--ignore-scripts", "--silent"], folder);
  return { tarball: join(folder, `${manifest.name}-${manifest.version}.tgz`), manifest };
}
