import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";

interface Copy {
  readonly from: string;
  readonly to: string;
  /** Its name, which the project's files have wherever they name it. */
  readonly template: string;
  /** The name of the new project. */
  readonly name: string;
  /** Of this package: what was tried together. */
  readonly version: string;
}

/** What running an example leaves behind. */
const LEFT_BEHIND = new Set(["node_modules", ".wrangler", "package-lock.json", "dist"]);
const IGNORED = "node_modules\n.wrangler\n.dev.vars\n*.db\n*.db-shm\n*.db-wal\n";

/**
 * Copies a project, and gives it its own name.
 *
 * @returns what was written, from the folder of the project
 */
export async function copyTemplate({ from, to, template, name, version }: Copy): Promise<readonly string[]> {
  const filter = (source: string) => {
    const own = basename(source);
    return source === from || !(LEFT_BEHIND.has(own) || /\.db(-shm|-wal)?$/.test(own));
  };
  await cp(from, to, { recursive: true, filter });
  // npm takes a file of this name along under another, or not at all.
  await writeFile(join(to, ".gitignore"), IGNORED);
  const entries = await readdir(to, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files) await rename(file, template, name, version);
  return files.map((file) => relative(to, file)).sort();
}

async function rename(file: string, template: string, name: string, version: string): Promise<void> {
  const own = basename(file);
  if (own !== "package.json" && !/^wrangler\.(toml|jsonc?)$/.test(own)) return;
  const text = await readFile(file, "utf8");
  // The name of the template, and those that begin with it: a project may be of several packages.
  const named = text.replaceAll(new RegExp(`"${template}(?=["-])`, "g"), `"${name}`);
  await writeFile(file, named.replace(/("omniq": )"[^"]*"/, `$1"${version}"`));
}
