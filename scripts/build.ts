/**
 * `npm run build`: makes the npm package in `dist/`, or in the folder that it is given, ready for `npm publish dist`.
 *
 * Its manifest is this one without what only the repository needs: the scripts, the tools, and the Node that they bring along.
 */
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = process.argv[2] ?? join(root, "dist");

rmSync(dist, { recursive: true, force: true });
const tsc = ["-p", "tsconfig.build.json", "--outDir", join(dist, "lib")];
const { status } = spawnSync("tsc", tsc, { cwd: root, stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

/** What running an example leaves behind. */
const LEFT_BEHIND = /(^|[\\/])(node_modules|\.wrangler|package-lock\.json|[^\\/]*\.db(-shm|-wal)?)$/;
const filter = (source: string) => !LEFT_BEHIND.test(source);
for (const name of ["drizzle", "examples", "README.md", "CHANGELOG.md", "LICENSE"]) {
  cpSync(join(root, name), join(dist, name), { recursive: true, filter });
}
const {
  private: _private,
  scripts: _scripts,
  devDependencies: _tools,
  optionalDependencies: _node,
  ...manifest
} = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const built = JSON.stringify(manifest, null, 2).replaceAll(/\.\/src\/(.*)\.ts/g, "./lib/$1.js");
writeFileSync(join(dist, "package.json"), `${built}\n`);
