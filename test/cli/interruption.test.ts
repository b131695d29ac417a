import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApi } from "../../src/http/api.ts";
import { type HttpServer, serve } from "../support/serve.ts";
import { type Ended, spawnOmniq, startQueue } from "./context.ts";

const TASKS = 4_500;
/** A page, and the calls that it takes to look at all tasks of one test: there are those of the others too. */
const PAGE = 1_000;

const site = startQueue();
let server: HttpServer;
/** Called before each change is served; true where it has signalled the command. */
let onChange: () => boolean = () => false;
let onRead: () => void = () => {};
/** For so long a reply is kept back from a command that has been signalled: on a busy machine the signal might come after it. */
const HELD_BACK = 300;

beforeAll(async () => {
  const api = createApi(() => ({ queue: site.queue(), keys: null }));
  server = await serve(async (request) => {
    if (request.method !== "POST") onRead();
    else if (onChange()) await setTimeout(HELD_BACK);
    return api.fetch(request);
  });
});
afterAll(() => server.close());

/** Runs the command, and signals it while its change number `call` is under way. */
async function runAndSignal(argv: readonly string[], call: number, signal: NodeJS.Signals): Promise<Ended> {
  const { child, end } = spawnOmniq(argv, { OMNIQ_URL: server.origin });
  let calls = 0;
  onChange = () => ++calls === call && child.kill(signal);
  return end.finally(() => {
    onChange = () => false;
  });
}

async function fill(queue: string): Promise<void> {
  const requests = Array.from({ length: TASKS }, () => ({ funcPath: "test.noop", queue }));
  await site.queue().submitMany(requests);
}

async function count(queue: string, status: "PENDING" | "CANCELLED"): Promise<number> {
  return (await site.queue().bulk.count({ queue, status }, { pages: 100 })).count;
}

describe("Ctrl-C in the middle of a change of many", () => {
  it("stops after the page under way, ends with 130, and prints the command that goes on; nothing is lost", async () => {
    await fill("interrupted");
    const argv = ["cancel", "--queue", "interrupted", "--yes"];
    const stopped = await runAndSignal(argv, 2, "SIGINT");
    expect(stopped).toMatchObject({ code: 130, stdout: "2,000 tasks cancelled\n" });
    expect(await count("interrupted", "CANCELLED")).toBe(2 * PAGE);
    const [, again = ""] = /stopped: go on with omniq (.*)\n/.exec(stopped.stderr) ?? [];
    expect(again).toMatch(/^cancel --queue interrupted --yes --cursor \S+$/);
    const rest = await spawnOmniq(again.split(" "), { OMNIQ_URL: server.origin }).end;
    expect(rest).toMatchObject({ code: 0, stdout: "2,500 tasks cancelled\n" });
    expect([await count("interrupted", "PENDING"), await count("interrupted", "CANCELLED")]).toEqual([
      0,
      TASKS,
    ]);
  }, 60_000);

  it("and with --json tells the cursor in its report", async () => {
    await fill("reported");
    const argv = ["cancel", "--queue", "reported", "--yes", "--json"];
    const { code, json } = await runAndSignal(argv, 1, "SIGINT");
    expect(code).toBe(130);
    expect(json).toEqual([
      { changed: expect.any(Number), skipped: 0, examined: PAGE, cursor: expect.any(String) },
    ]);
    const rest = await spawnOmniq([...argv, "--cursor", json[0].cursor], { OMNIQ_URL: server.origin }).end;
    expect(rest.code).toBe(0);
    expect(json[0].changed + rest.json[0].changed).toBe(TASKS);
  }, 60_000);

  it("killed outright, the same command again does the rest", async () => {
    await fill("killed");
    const argv = ["cancel", "--queue", "killed", "--yes"];
    await runAndSignal(argv, 3, "SIGKILL");
    expect((await spawnOmniq(argv, { OMNIQ_URL: server.origin }).end).code).toBe(0);
    expect([await count("killed", "PENDING"), await count("killed", "CANCELLED")]).toEqual([0, TASKS]);
  }, 60_000);
});

describe("Ctrl-C in the middle of a change of many on a libSQL file", () => {
  const own = startQueue();

  it("is heard between two pages, although no call leaves the process", async () => {
    const requests = Array.from({ length: 10_000 }, () => ({ funcPath: "test.noop", queue: "here" }));
    for (let times = 0; times < 3; times++) await own.queue().submitMany(requests);
    const env = { OMNIQ_DB_URL: own.database() };
    const cancelled = async () =>
      (await own.queue().bulk.count({ status: "CANCELLED" }, { pages: 100 })).count;
    const { child, end } = spawnOmniq(["cancel", "--queue", "here", "--yes", "--json"], env);
    await expect.poll(cancelled, { timeout: 30_000, interval: 5 }).toBeGreaterThan(0);
    child.kill("SIGINT");
    const { code, json } = await end;
    expect({ code, cursor: json[0].cursor }).toEqual({ code: 130, cursor: expect.any(String) });
    expect(await cancelled()).toBe(json[0].changed);
    const argv = ["cancel", "--queue", "here", "--yes", "--json", "--cursor", json[0].cursor];
    const rest = await spawnOmniq(argv, env).end;
    expect([rest.code, json[0].changed + rest.json[0].changed]).toEqual([0, 30_000]);
  }, 120_000);
});

describe("Ctrl-C in the middle of a file", () => {
  it("stops after the lines under way, and says from which to go on", async () => {
    const path = join(site.folder(), "tasks.ndjson");
    const lines = Array.from({ length: TASKS }, (_, index) => JSON.stringify({ index }));
    await writeFile(path, lines.join("\n"));
    const argv = ["enqueue", "test.noop", "--file", path, "--queue", "file"];
    const stopped = await runAndSignal(argv, 2, "SIGINT");
    expect(stopped).toMatchObject({ code: 130, stdout: "2,000 tasks enqueued\n" });
    const [, line = ""] = /go on with --from-line (\d+)/.exec(stopped.stderr) ?? [];
    expect(line).toBe("2001");
    const rest = await spawnOmniq([...argv, "--from-line", line], { OMNIQ_URL: server.origin }).end;
    expect(rest).toMatchObject({ code: 0, stdout: "2,500 tasks enqueued\n" });
    expect(await count("file", "PENDING")).toBe(TASKS);
  }, 60_000);

  it("with an idempotency key the whole file may be sent again", async () => {
    const path = join(site.folder(), "again.ndjson");
    const lines = Array.from({ length: 1_500 }, (_, index) =>
      JSON.stringify({ funcPath: "test.noop", queue: "again", kwargs: { index } }),
    );
    await writeFile(path, lines.join("\n"));
    const argv = ["enqueue", "--file", path, "--idempotency-key", "import-7", "--json"];
    await runAndSignal(argv, 2, "SIGKILL");
    await spawnOmniq(argv, { OMNIQ_URL: server.origin }).end;
    const { json } = await spawnOmniq(argv, { OMNIQ_URL: server.origin }).end;
    expect(json).toEqual([{ enqueued: 0, duplicates: 1_500, nextLine: null }]);
    expect(await count("again", "PENDING")).toBe(1_500);
  }, 60_000);
});

describe("Ctrl-C among ids", () => {
  it("stops after the one under way, says how many are done, and from which to go on", async () => {
    const requests = Array.from({ length: 5 }, () => ({ funcPath: "test.noop", queue: "ids" }));
    const ids = (await site.queue().submitMany(requests)).receipts.map(({ id }) => id);
    const stopped = await runAndSignal(["cancel", ...ids], 2, "SIGINT");
    expect(stopped).toMatchObject({
      code: 130,
      stdout: `${ids[0]}: CANCELLED\n${ids[1]}: CANCELLED\n`,
      stderr: `interrupted: stopped after 2 of 5\nhint: go on from ${ids[2]}\n`,
    });
    expect(await count("ids", "CANCELLED")).toBe(2);
  }, 60_000);

  it("with --json and ids on stdin tells the same as an error", async () => {
    const requests = Array.from({ length: 5 }, () => ({ funcPath: "test.noop", queue: "stdin" }));
    const ids = (await site.queue().submitMany(requests)).receipts.map(({ id }) => id);
    const { child, end } = spawnOmniq(["cancel", "-", "--json"], { OMNIQ_URL: server.origin });
    let calls = 0;
    onChange = () => ++calls === 3 && child.kill("SIGTERM");
    child.stdin?.end(ids.join("\n"));
    const { code, json, stderr } = await end;
    onChange = () => false;
    const { error } = JSON.parse(stderr);
    expect({ code, changed: json.map(({ id }) => id), error }).toEqual({
      code: 130,
      changed: ids.slice(0, 3),
      error: {
        code: "interrupted",
        message: "stopped after 3 of 5",
        hint: `go on from ${ids[3]}`,
        exitCode: 130,
      },
    });
  }, 60_000);
});

describe("Ctrl-C in the middle of a wait", () => {
  it("says that no task is changed by it", async () => {
    const [{ id = "" } = {}] = (await site.queue().submitMany([{ funcPath: "test.noop", queue: "waits" }]))
      .receipts;
    const { child, end } = spawnOmniq(["result", id, "--wait"], { OMNIQ_URL: server.origin });
    onRead = () => child.kill("SIGINT");
    const { code, stderr } = await end;
    onRead = () => {};
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringMatching(/^interrupted: .*no task/) });
  }, 60_000);
});

describe("a reader that has had enough", () => {
  it("ends the command without a word", async () => {
    const { child, end } = spawnOmniq(["ls", "--all", "--json"], { OMNIQ_URL: server.origin });
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect(await end).toMatchObject({ code: 0, stderr: "" });
  }, 60_000);
});
