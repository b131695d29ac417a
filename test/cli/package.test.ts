import { spawnSync } from "node:child_process";
import { mkdir, readdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TEMPLATES } from "../../src/cli/templates.ts";
import { temporaryFolder } from "../support/libsql.ts";
import { buildPackage, MODULES } from "../support/package.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let bin: string;
let version: string;

/** An app that has installed the package with its dependencies, but not `@libsql/client`, which is optional. */
beforeAll(async () => {
  folder = await temporaryFolder();
  const installed = join(folder.path, "node_modules");
  bin = join(installed, "omniq/lib/cli/omniq.js");
  await mkdir(installed);
  const manifest = await buildPackage(join(installed, "omniq"));
  version = manifest.version;
  for (const name of Object.keys(manifest.dependencies)) {
    await mkdir(dirname(join(installed, name)), { recursive: true });
    await symlink(join(MODULES, name), join(installed, name));
  }
  // Empty: Node looks no further up, where the machine may have one.
  await mkdir(join(installed, "@libsql/client"), { recursive: true });
}, 120_000);
afterAll(() => folder.remove());

const omniq = (...argv: string[]) =>
  spawnSync(process.execPath, [bin, ...argv], { encoding: "utf8", cwd: folder.path });

describe("the published command, in an app on D1 without @libsql/client", () => {
  it("writes the migrations", async () => {
    const { status, stderr } = omniq("migrations", "--out", "migrations");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(await readdir(join(folder.path, "migrations"))).toContain("0000_init.sql");
  });

  it("tells its version", () => {
    expect(omniq("--version")).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  it("says of `migrate`, which needs the client, what to install", () => {
    const { status, stderr } = omniq("migrate", "--url", "file:queue.db");
    expect(status).toBe(1);
    expect(stderr).toContain("npm install @libsql/client");
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("speaks to an API all the same", () => {
    const { status, stderr } = omniq("doctor", "--url", "http://127.0.0.1:1", "--json");
    expect({ status, stderr }).toEqual({ status: 4, stderr: "" });
    expect(omniq("ls", "--url", "http://127.0.0.1:1")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^network_error: /),
    });
  });

  // The examples are a part of the repository of their own.
  it("makes a project of each template", () => {
    for (const template of TEMPLATES) {
      expect(omniq("init", `made-${template}`, "--template", template)).toMatchObject({
        status: 0,
        stderr: "",
      });
    }
  });
});
