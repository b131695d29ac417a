import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { CLI } from "../support/app.ts";

/** What a module loads as it is loaded itself: neither types nor what it imports when it is called. */
const IMPORT = /^(?:import|export)\s+(?!type\b)(?:[^"';]*?\sfrom\s+)?"([^"]+)";/gm;

/** The packages that a file, with all that it imports, loads at once. */
async function packagesOf(file: string, seen: Set<string>): Promise<Set<string>> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  const source = await readFile(file, "utf8");
  for (const [, name = ""] of source.matchAll(IMPORT)) {
    if (!name.startsWith(".")) packages.add(name);
    else for (const own of await packagesOf(resolve(dirname(file), name), seen)) packages.add(own);
  }
  return packages;
}

const COMMANDS = new URL("../../src/cli/commands/", import.meta.url).pathname;

describe("the command starts fast", () => {
  it("loading, until it knows what is asked for, the parser of its arguments and colours", async () => {
    const packages = await packagesOf(CLI, new Set());
    const foreign = [...packages].filter((name) => !name.startsWith("node:"));
    expect(foreign.sort()).toEqual(["commander", "picocolors"]);
  });

  it.each(["ls", "show", "result", "operate", "queues", "schedules", "enqueue", "purge"])(
    "`%s` loads no SQL, no HTTP server and no prompts",
    async (name) => {
      const packages = await packagesOf(`${COMMANDS}${name}.ts`, new Set());
      for (const heavy of [/^hono/, /^drizzle/, /libsql/, /^valibot/, /clack/]) {
        expect([...packages].filter((own) => heavy.test(own))).toEqual([]);
      }
    },
  );
});
