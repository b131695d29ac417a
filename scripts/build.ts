/**
 * `npm run build`: makes the npm package in `dist/`, or in the folder that it is given, ready for `npm publish dist`.
 *
 * Its manifest is this one without what only the repository needs: the scripts, the tools, and the Node that they bring along.
 */
import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = process.argv[2] ?? join(root, "dist");

rmSync(dist, { recursive: true, force: true });
const tsc = ["-p", "tsconfig.build.json", "--outDir", join(dist, "lib")];
const { status } = spawnSync("tsc", tsc, { cwd: root, stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

// A source is told by where it would be in the package. It is in the map itself, and wherever this is built the map is the same.
const library = join(dist, "lib");
for (const file of readdirSync(library, { recursive: true, encoding: "utf8" })) {
  if (!file.endsWith(".js.map")) continue;
  const path = join(library, file);
  const map = JSON.parse(readFileSync(path, "utf8"));
  const place = (source: string) => relative(join(root, "src"), resolve(dirname(path), source));
  const up = relative(dirname(path), join(dist, "src"));
  map.sources = map.sources.map((source: string) => join(up, place(source)).replaceAll("\\", "/"));
  writeFileSync(path, JSON.stringify(map));
}

/** What running an example leaves behind. */
const LEFT_BEHIND = /(^|[\\/])(node_modules|\.wrangler|package-lock\.json|[^\\/]*\.db(-shm|-wal)?)$/;
const filter = (source: string) => !LEFT_BEHIND.test(source);
for (const name of ["drizzle", "examples", "README.md", "CHANGELOG.md", "LICENSE"]) {
  cpSync(join(root, name), join(dist, name), { recursive: true, filter });
}
// The pages that the README leads to, without the pictures but the one that it shows.
const SHOWN = "overview-light.png";
const isPage = (source: string) => !source.endsWith(".png") || source.endsWith(SHOWN);
cpSync(join(root, "docs"), join(dist, "docs"), { recursive: true, filter: isPage });
const {
  private: _private,
  scripts: _scripts,
  devDependencies: _tools,
  optionalDependencies: _node,
  ...manifest
} = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const built = JSON.stringify(manifest, null, 2).replaceAll(/\.\/src\/(.*)\.ts/g, "./lib/$1.js");
writeFileSync(join(dist, "package.json"), `${built}\n`);
