import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/libsql.ts";
import { packPackage, ROOT, runWell } from "../support/package.ts";
import type { HttpServer } from "../support/serve.ts";
import { freePort } from "../support/sqld.ts";
import { type Block, readBlocks } from "./blocks.ts";
import { startRegistry } from "./registry.ts";
import { Session } from "./session.ts";

/** From an empty folder to a task of one's own. */
const MOST_COMMANDS = 5;

const blocks = await readBlocks(ROOT);
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let registry: HttpServer;
let cache: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  const { tarball, manifest } = await packPackage(folder.path);
  registry = await startRegistry(tarball, manifest);
  cache = await makeCache();
}, 120_000);
afterAll(async () => {
  await registry?.close();
  await folder?.remove();
});

/** A cache of npm with the tarballs that there are, in which `npx` has not met an earlier build of the package. */
async function makeCache(): Promise<string> {
  const own = join(folder.path, "cache");
  const tarballs = join(runWell("npm", ["config", "get", "cache"]).trim(), "_cacache");
  await Promise.all([own, tarballs].map((path) => mkdir(path, { recursive: true })));
  await symlink(tarballs, join(own, "_cacache"));
  return own;
}

/** Commands that a reader types: none of these pages has one of several lines. */
const commandsOf = ({ code }: Block) => code.split("\n").filter((line) => line.trim() !== "");
const isTyped = ({ language, marks }: Block) => language === "sh" && marks.includes("install");
const servesOn = (block: Block) => commandsOf(block).at(-1) === "npm start";

const ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Whether all lines that a page shows have come: others may stand between them. */
function shows(output: string, shown: string): boolean {
  const seen = output.replaceAll(ID, "ID");
  return shown
    .replaceAll(ID, "ID")
    .split("\n")
    .every((line) => seen.includes(line));
}

/** Does what a page says, in a folder that is empty: each block as it is written, but for a port that is free. */
class Reader {
  readonly #sessions: Session[] = [];
  readonly #env: Readonly<Record<string, string>>;
  #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#env = {
      // Where npm finds the package. It asks whether it may fetch what is not there: a reader says yes.
      npm_config_registry: registry.origin,
      npm_config_replace_registry_host: "never",
      npm_config_cache: cache,
      npm_config_yes: "true",
      npm_config_prefer_offline: "true",
    };
  }

  get folder(): string {
    return this.#folder;
  }

  async follow(page: readonly Block[]): Promise<void> {
    const port = await freePort();
    const withPort = (text: string) => text.replaceAll("8787", `${port}`);
    for (const [index, block] of page.entries()) {
      if (block.file !== null) await writeFile(join(this.#folder, block.file), block.code);
      if (!isTyped(block)) continue;
      const next = page[index + 1];
      const shown = next?.language === "text" ? withPort(next.code) : null;
      await this.#type(
        block,
        withPort(block.code).replace("npm start", `npm start -- --port ${port}`),
        shown,
      );
    }
  }

  async #type(block: Block, lines: string, shown: string | null): Promise<void> {
    const session = new Session(lines, this.#folder, this.#env);
    this.#sessions.push(session);
    if (servesOn(block)) await session.until(() => shows(session.output, shown ?? ""));
    else await session.end();
    if (shown !== null && !shows(session.output, shown)) expect(session.output).toContain(shown);
    // The next one is opened where this one has gone.
    for (const [, to = ""] of block.code.matchAll(/^cd (.+)$/gm)) this.#folder = join(this.#folder, to);
  }

  /** The last that was started first. */
  async close(): Promise<void> {
    for (const session of this.#sessions.reverse()) await session.close();
  }
}

describe.concurrent.each(["docs/tutorial/d1.md", "docs/tutorial/libsql.md"])("%s", (name) => {
  const page = blocks.filter((block) => block.page === name);

  it(`needs at most ${MOST_COMMANDS} commands`, () => {
    const commands = page.filter(isTyped).flatMap(commandsOf);
    expect(commands.length).toBeGreaterThan(0);
    expect(commands.length, commands.join("\n")).toBeLessThanOrEqual(MOST_COMMANDS);
  });

  it("leads whoever follows it to the letter to the result of a task of one's own", async () => {
    const empty = await temporaryFolder();
    const reader = new Reader(empty.path);
    try {
      await reader.follow(page);
      runWell("npm", ["run", "--silent", "check"], reader.folder);
    } finally {
      await reader.close();
      await empty.remove();
    }
  }, 240_000);
});
