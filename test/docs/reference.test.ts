import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../support/libsql.ts";
import { ROOT, runWell } from "../support/package.ts";

async function readPages(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const pages = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return Object.fromEntries(names.map((name, index) => [name, pages[index] ?? ""]));
}

it("the reference is what `npm run reference` makes of the docstrings and of the commands' help", async () => {
  const folder = await temporaryFolder();
  runWell(process.execPath, [join(ROOT, "scripts/reference.ts"), folder.path]);
  expect(await readPages(join(ROOT, "docs/reference"))).toEqual(await readPages(folder.path));
  await folder.remove();
}, 180_000);
