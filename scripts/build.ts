/**
 * `npm run build`: makes the npm package in `dist/`, ready for `npm publish dist`.
 *
 * Its manifest is this one without what only the repository needs: the scripts, the tools, and the Node that they bring along.
 */
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = `${root}dist/`;

rmSync(dist, { recursive: true, force: true });
const { status } = spawnSync("tsc", ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

for (const name of ["drizzle", "README.md", "CHANGELOG.md", "LICENSE"]) {
  cpSync(`${root}${name}`, `${dist}${name}`, { recursive: true });
}
const {
  private: _private,
  scripts: _scripts,
  devDependencies: _tools,
  optionalDependencies: _node,
  ...manifest
} = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const built = JSON.stringify(manifest, null, 2).replaceAll(/\.\/src\/(.*)\.ts/g, "./lib/$1.js");
writeFileSync(`${dist}package.json`, `${built}\n`);
