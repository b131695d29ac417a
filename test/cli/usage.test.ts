import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createQueue } from "../../src/core/queue.ts";
import { createApi } from "../../src/http/api.ts";
import { findKey, parseKeys } from "../../src/http/keys.ts";
import { libsqlDriver, libsqlStorage } from "../../src/storage/libsql.ts";
import { add, KEY } from "../client/context.ts";
import { type HttpServer, serve } from "../support/serve.ts";
import { omniqWith, spawnOmniq, startQueue } from "./context.ts";

const site = startQueue();
const nowhere = omniqWith({});
const onFile = () => omniqWith({ OMNIQ_DB_URL: site.database() });

describe("what was typed wrong ends with 2, says what was expected, and has no stack trace", () => {
  it.each([
    ["an unknown command", ["lss"], /unknown command 'lss'\n\(Did you mean ls\?\)/],
    ["an unknown option", ["ls", "--statuss", "FAILED"], /unknown option '--statuss'/],
    ["no place", ["ls"], /^usage: expected to be told where the queue is.*\nhint: .*OMNIQ_URL/],
    [
      "two places",
      ["ls", "--url", "https://a.example", "--db", "file:q.db"],
      /one of --url and --db, got both/,
    ],
    [
      "a status that there is not",
      ["ls", "--db", "file::memory:", "--status", "DONE"],
      /PENDING, RUNNING.*got "DONE"/,
    ],
    ["a payload that is no JSON", ["enqueue", "a", "{a: 1}"], /expected kwargs to be JSON/],
    ["a payload that is no object", ["enqueue", "a", "[1]"], /expected kwargs to be a JSON object/],
    ["no task", ["enqueue"], /expected a funcPath or --file/],
    [
      "a wait that swallowed the task",
      ["enqueue", "--wait", "math.add"],
      /^usage: expected --wait .*\nhint: .*put --wait last/,
    ],
    ["neither ids nor a filter", ["cancel"], /ids or a filter, got neither/],
    ["both", ["cancel", "x", "--queue", "mail"], /ids or a filter, got both/],
    [
      "a retry of what has not failed",
      ["retry", "--status", "PENDING"],
      /FAILED or CANCELLED to retry, got PENDING/,
    ],
    ["a run of what has failed", ["run", "--status", "FAILED"], /got FAILED\nhint: `omniq retry`/],
    ["a reschedule to nowhere", ["reschedule", "x"], /one of --eta and --delay/],
    ["a change of nothing", ["change", "x"], /--to-priority or --to-queue/],
    [
      "a scope that there is not",
      ["keys", "new", "ci", "--scopes", "write"],
      /enqueue\+read\+admin, got "write"/,
    ],
    ["an interval without a unit", ["stats", "--interval", "5"], /duration such as "30s"/],
  ])("%s", async (_, argv, message) => {
    const { code, stdout, stderr } = await nowhere(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("a value that the server refuses, too", async () => {
    const { code, stderr } = await onFile()("enqueue", "a", "{}", "--priority", "11");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "invalid_input: expected priority to be an integer from 0 to 9, got 11\n",
    });
  });
});

describe("colours", () => {
  it("are for terminals; FORCE_COLOR asks for them, NO_COLOR has the last word", async () => {
    const told = async (env: Record<string, string>) =>
      (await spawnOmniq(["show", "x", "--url", "http://127.0.0.1:1"], env).end).stderr;
    const introducer = String.fromCharCode(27);
    expect(await told({})).toMatch(/^network_error: /);
    expect(await told({ FORCE_COLOR: "1" })).toContain(`${introducer}[31mnetwork_error`);
    // Node itself warns of the two together.
    expect(await told({ FORCE_COLOR: "1", NO_COLOR: "1" })).toMatch(/^network_error: /m);
  });
});

describe("what cannot be reached", () => {
  it("a server that is down ends with 1 and a hint", async () => {
    const omniq = omniqWith({ OMNIQ_URL: "http://127.0.0.1:1" });
    const { code, stderr } = await omniq("doctor");
    expect(code).toBe(4);
    expect(stderr).toBe("");
    const { code: down, stderr: told } = await omniq("show", "x");
    expect({ down, told }).toEqual({
      down: 1,
      told: expect.stringMatching(/^network_error: .*\nhint: .*omniq doctor/),
    });
  });

  it("a wrong key ends with 1, and is never printed", async () => {
    const wrong = "a-key-of-another-server";
    const omniq = omniqWith({ OMNIQ_URL: site.origin(), OMNIQ_KEY: wrong });
    const { code, stdout, stderr } = await omniq("ls", "--json");
    expect(code).toBe(1);
    expect(stderr).toContain('"code":"unauthorized"');
    expect(stdout + stderr).not.toContain(wrong);
  });

  it("a file that is not there is not made", async () => {
    const { code, stderr } = await omniqWith({ OMNIQ_DB_URL: `file:${site.folder()}/typo.db` })("ls");
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(/^no_database: .*\nhint: `omniq migrate --db/),
    });
  });

  it("a database without the schema says what to run", async () => {
    const path = join(site.folder(), "empty.db");
    await writeFile(path, "");
    const omniq = omniqWith({ OMNIQ_DB_URL: `file:${path}` });
    expect(await omniq("ls")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^schema_missing: .*omniq migrate/),
    });
    const { code, json } = await omniq("doctor", "--json");
    expect({ code, ok: json[0].ok }).toEqual({ code: 4, ok: false });
    expect(json[0].checks.at(-1)).toMatchObject({
      name: "reach",
      status: "fail",
      detail: expect.stringContaining("schema_missing"),
    });
    expect((await omniq("migrate", "--json")).json[0]).toMatchObject({ schema: "up to date" });
    expect((await omniq("doctor")).code).toBe(0);
  });

  it("a token in the URL is not shown", async () => {
    const { stdout, stderr } = await nowhere(
      "doctor",
      "--db",
      "libsql://user:secret@127.0.0.1:1?authToken=secret",
    );
    expect(stdout + stderr).not.toContain("secret");
  });
});

describe("the database of the environment", () => {
  it("has its results where OMNIQ_RESULTS_DB_URL says; one that is typed has them itself", async () => {
    const [main, results] = ["main", "results"].map((name) => `file:${site.folder()}/${name}.db`);
    const omniq = omniqWith({ OMNIQ_DB_URL: `${main}`, OMNIQ_RESULTS_DB_URL: `${results}` });
    expect((await omniq("migrate")).code).toBe(0);
    const storage = libsqlStorage({ url: `${main}`, results: libsqlDriver({ url: `${results}` }) });
    const queue = createQueue({ storage, tasks: [add] });
    const { id } = await queue.enqueue(add, { a: 1, b: 2 });
    await queue.drain();
    expect((await omniq("result", id, "--json")).json[0]).toMatchObject({ result: { sum: 3 } });
    expect((await omniq("result", id, "--db", `${main}`)).code).not.toBe(0);
  });
});

describe("enqueue reads", () => {
  it("a file without a task's name, or of broken lines, before anything is sent", async () => {
    const path = join(site.folder(), "broken.ndjson");
    await writeFile(path, '{"funcPath": "a"}\n\n{"funcPath": \n');
    expect(await onFile()("enqueue", "--file", path)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("expected line 3 to be JSON"),
    });
    await writeFile(path, '{"kwargs": {}}\n');
    expect(await onFile()("enqueue", "--file", path)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("line 1 to have a funcPath"),
    });
    await writeFile(
      path,
      '{"funcPath": "a", "queue": "lines"}\n{"funcPath": "a", "queue": "lines", "priority": 11}\n',
    );
    expect(await onFile()("enqueue", "--file", path)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("line 2: expected tasks[1].priority"),
    });
    expect((await onFile()("count", "--queue", "lines", "--json")).json[0].count).toBe(0);
  });

  it("the definitions of a module, whose settings and schema then hold", async () => {
    const module = join(site.folder(), "tasks.mjs");
    const core = new URL("../../src/core/registry.ts", import.meta.url).href;
    await writeFile(
      module,
      `import { defineTask } from "${core}";\nexport const one = defineTask("one", { queue: "mine", maxRetries: 9, redact: ["kwargs.secret"], run() {} });\n`,
    );
    const { json } = await onFile()("enqueue", "one", '{"secret": 1}', "--tasks", module, "--json");
    expect((await onFile()("show", json[0].id, "--tasks", module, "--json")).json[0]).toMatchObject({
      queue: "mine",
      maxRetries: 9,
      kwargs: { secret: "[redacted]" },
    });
  });
});

describe("keys new", () => {
  it("prints the key once, and an entry by which the server knows it", async () => {
    const { code, json } = await nowhere("keys", "new", "ci", "--scopes", "enqueue+read", "--json");
    expect(code).toBe(0);
    const [{ key, entry }] = json;
    expect(await findKey(parseKeys(entry), key)).toMatchObject({ name: "ci", scopes: ["enqueue", "read"] });
    const { stdout } = await nowhere("keys", "new", "ops", "--scopes", "admin");
    expect(stdout).toMatch(/omniq_[\w-]{43}\n.*ops:admin:[0-9a-f]{64}\n/s);
  });
});

describe("doctor", () => {
  let server: HttpServer;
  beforeAll(async () => {
    const keys = parseKeys("ci:enqueue:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b");
    const api = createApi(() => ({ queue: site.queue(), keys }));
    server = await serve((request) => api.fetch(request));
  });
  afterAll(() => server.close());

  it("tells a key that may not look", async () => {
    const { code, json } = await omniqWith({ OMNIQ_URL: server.origin, OMNIQ_KEY: KEY })("doctor", "--json");
    expect(code).toBe(4);
    expect(json[0].checks.at(-2)).toMatchObject({
      name: "key",
      status: "ok",
      detail: "has the scopes enqueue",
    });
    expect(json[0].checks.at(-1)).toMatchObject({ name: "key", status: "fail" });
  });

  it("tells of a queue that is stuck, one that is paused, and dead letters", async () => {
    const id = (
      await onFile()(
        "enqueue",
        "test.fail",
        "{}",
        "--queue",
        "work",
        "--max-retries",
        "0",
        "--wait=20s",
        "--json",
      )
    ).json[0].taskId;
    await onFile()("pause", "halted");
    await onFile()("enqueue", "test.noop", "{}", "--queue", "stuck", "--eta", "2020-01-01T00:00:00Z");
    const { code, json } = await onFile()("doctor", "--json");
    expect(code).toBe(4);
    const find = (name: string) => json[0].checks.find((check: { name: string }) => check.name === name);
    expect(find("queue halted")).toMatchObject({
      status: "warn",
      hint: expect.stringContaining("omniq resume halted"),
    });
    expect(find("queue stuck")).toMatchObject({
      status: "fail",
      hint: expect.stringContaining("omniq work"),
    });
    expect(find("dead letters")).toMatchObject({
      status: "warn",
      hint: expect.stringContaining("omniq retry --status FAILED"),
    });
    await onFile()("delete", id);
  });

  it("tells which variable cannot be used", async () => {
    process.env.OMNIQ_QUERY_BUDGET = "many";
    const { code, json } = await onFile()("doctor", "--json");
    delete process.env.OMNIQ_QUERY_BUDGET;
    expect(code).toBe(4);
    expect(json[0].checks[0]).toMatchObject({
      name: "configuration",
      status: "fail",
      hint: expect.stringContaining("OMNIQ_QUERY_BUDGET"),
    });
  });
});
