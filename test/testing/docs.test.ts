import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readBlocks } from "../docs/blocks.ts";
import { ID } from "../http/calls.ts";
import { type NewApp, newApp } from "../support/new-app.ts";
import { ROOT, run } from "../support/package.ts";

const WRANGLER = `
name = "orders"
compatibility_date = "2026-10-01"
compatibility_flags = ["nodejs_compat"]

[[d1_databases]]
binding = "DB"
database_name = "orders"
database_id = "${ID}"
`;

let app: NewApp;

/** A project with the files of the page, by the names in their first lines. */
beforeAll(async () => {
  app = await newApp(["@cloudflare", "vitest", "wrangler"]);
  const blocks = await readBlocks(ROOT);
  for (const { page, file, code } of blocks) {
    if (page === "docs/how-to/testing.md" && file !== null) await writeFile(join(app.path, file), code);
  }
  await writeFile(join(app.path, "wrangler.toml"), WRANGLER);
}, 60_000);
afterAll(() => app.remove());

it("the page's test of a D1 runs inside workerd, in a project that has installed the package", () => {
  const { status, stdout, stderr } = run("vitest", ["run"], app.path);
  expect(status, `${stdout}${stderr}`).toBe(0);
  expect(stripVTControlCharacters(stdout)).toMatch(/Tests +1 passed/);
}, 120_000);
