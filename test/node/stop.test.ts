import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { libsqlStorage } from "../../src/storage/libsql.ts";
import { pause, until } from "../core/engine/context.ts";
import { temporaryFolder } from "../support/libsql.ts";
import { endAll, startWorker } from "./processes.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());
afterEach(endAll);

const note = defineTask<{ ms?: number }>("test.note", { run: () => null });
const endless = defineTask<{ deaf?: boolean }>("test.endless", { timeout: "1h", run: () => null });

let files = 0;
let url = "";
const open = () => createQueue({ storage: libsqlStorage({ url }) });
beforeEach(async () => {
  files += 1;
  url = `file:${folder.path}/${files}.db`;
  await open().storage.initialize();
});

describe("a Node runner that is asked to stop", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`by ${signal} finishes the task that runs, and exits with 0`, async () => {
      const queue = open();
      const { id } = await queue.enqueue(note, { ms: 500 });
      const worker = startWorker({ url });
      await worker.told("started");
      worker.kill(signal);
      expect(await worker.ended()).toBe(0);
      expect(await queue.result(id)).toMatchObject({ status: "SUCCESS", attempts: 1 });
    });
  }

  for (const deaf of [false, true]) {
    it(`releases a task that takes longer than its grace (${deaf ? "deaf to" : "obeying"} its signal)`, async () => {
      const queue = open();
      const { id } = await queue.enqueue(endless, { deaf });
      const worker = startWorker({ url, grace: 100 });
      await worker.told("started");
      worker.kill("SIGTERM");
      expect(await worker.ended()).toBe(0);
      expect(await queue.get(id)).toMatchObject({
        status: "PENDING",
        attempts: 1,
        failures: 0,
        leaseExpiresAt: null,
        errors: [],
      });
    });
  }

  it("releases as RETRYING a task that had failed before", async () => {
    const queue = open();
    const { id } = await queue.enqueue(endless, {});
    const { storage } = queue;
    const now = Date.now();
    const claim = await storage.dequeue(now);
    if (claim === null) throw new Error("expected a task");
    const error = { type: "Error", message: "once", at: now, attempt: 1, retryable: true };
    await storage.markFailed(claim, error, { retryAt: now }, now);
    const worker = startWorker({ url, grace: 100 });
    await worker.told("started");
    worker.kill("SIGTERM");
    expect(await worker.ended()).toBe(0);
    expect(await queue.get(id)).toMatchObject({
      status: "RETRYING",
      attempts: 2,
      failures: 1,
      leaseExpiresAt: null,
    });
  });

  it("claims nothing more: what waits stays as it was", async () => {
    const queue = open();
    for (let n = 0; n < 20; n++) await queue.enqueue(note, { ms: 300 });
    const worker = startWorker({ url, concurrency: 2 });
    await worker.told("started", 2);
    worker.kill("SIGTERM");
    expect(await worker.ended()).toBe(0);
    const { items } = await queue.list();
    const statuses = items.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set(["SUCCESS", "PENDING"]));
    expect(statuses.filter((status) => status === "SUCCESS").length).toBeLessThan(10);
  });

  it("without work exits with 0", async () => {
    const worker = startWorker({ url });
    await worker.told("running");
    await pause(200);
    worker.kill("SIGTERM");
    expect(await worker.ended()).toBe(0);
  });

  it("exits only when its last lines are written, however slowly they are read", async () => {
    const worker = startWorker({ url, lastLines: 100_000 });
    await worker.told("running");
    worker.kill("SIGTERM");
    expect(await worker.ended()).toBe(0);
    expect(worker.lines.filter(({ event }) => event === "last")).toHaveLength(100_000);
    expect(worker.lines.at(-1)).toMatchObject({ event: "stopped" });
  });

  it("beside another runner of its process, which is idle, finishes what it runs", async () => {
    const queue = open();
    const { id } = await queue.enqueue(note, { ms: 500 });
    const worker = startWorker({ url, beside: `file:${folder.path}/idle.db` });
    await worker.told("started");
    worker.kill("SIGTERM");
    expect(await worker.ended()).toBe(0);
    expect(await queue.result(id)).toMatchObject({ status: "SUCCESS", attempts: 1 });
  });

  it("by a second signal exits at once", async () => {
    const queue = open();
    const { id } = await queue.enqueue(endless, { deaf: true });
    const worker = startWorker({ url, grace: 60_000 });
    await worker.told("started");
    worker.kill("SIGTERM");
    await until(() => worker.lines.some(({ message }) => message === "stopping"));
    worker.kill("SIGTERM");
    expect(await worker.ended()).toBe(1);
    expect(await queue.get(id)).toMatchObject({ status: "RUNNING" });
  });

  for (const [what, stopAfter] of Object.entries({
    "after a task": { tasks: 1 },
    "while its database cannot be used": { failures: 2 },
  })) {
    it(`by stop() ${what} leaves nothing behind that keeps the process alive`, async () => {
      await open().enqueue(note, {});
      const database =
        "tasks" in stopAfter ? { url } : { url: `file:${folder.path}/empty.db`, migrate: false };
      const worker = startWorker({ ...database, signals: false, stopAfter });
      expect(await worker.ended()).toBe(0);
      expect(worker.lines.at(-1)).toMatchObject({ event: "stopped", timers: 0 });
    });
  }
});
