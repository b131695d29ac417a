import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createQueue } from "../../src/core/queue.ts";
import { REDACTED } from "../../src/core/redact.ts";
import { defineTask } from "../../src/core/registry.ts";
import { libsqlDriver, libsqlStorage } from "../../src/storage/libsql.ts";
import { temporaryFolder } from "../support/libsql.ts";
import { json } from "../support/tasks.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const task = defineTask("test.task", { run: () => "done" });

const layouts = [
  ["with the tasks", undefined],
  ["in a database of their own", libsqlDriver({ url: `file:${folder.path}/results.db` })],
] as const;

for (const [where, results] of layouts) {
  describe(`a long poll for results that are kept ${where}`, () => {
    it("of 30 s takes at most 12 queries, and then answers that there is none", async () => {
      const storage = libsqlStorage({ url: `file:${folder.path}/${where}.db`, results });
      await storage.initialize();
      const queue = createQueue({ storage, tasks: [task] });
      const { id } = await queue.enqueue(task, {});
      const before = storage.queryCount;
      const start = Date.now();
      const waited = queue.result(id, { wait: "30s" });
      await vi.advanceTimersByTimeAsync(29_999);
      await expect(Promise.race([waited, "still waiting"])).resolves.toBe("still waiting");
      await vi.advanceTimersByTimeAsync(1);
      expect(await waited).toBeNull();
      expect(Date.now() - start).toBe(30_000);
      expect(storage.queryCount - before).toBeLessThanOrEqual(12);
    });

    it("looks as often beside others as alone", async () => {
      const storage = libsqlStorage({ url: `file:${folder.path}/${where}, many.db`, results });
      await storage.initialize();
      const queue = createQueue({ storage, tasks: [task] });
      const { id } = await queue.enqueue(task, {});
      const before = storage.queryCount;
      const alone = queue.result(id, { wait: "3s" });
      await vi.advanceTimersByTimeAsync(3_000);
      await alone;
      const queries = storage.queryCount - before;
      const together = Array.from({ length: 12 }, () => queue.result(id, { wait: "3s" }));
      await vi.advanceTimersByTimeAsync(3_000);
      expect(await Promise.all(together)).toEqual(Array(12).fill(null));
      expect(storage.queryCount - before - queries).toBe(12 * queries);
    });
  });
}

for (const [where, results] of layouts) {
  describe(`a redacted queue whose results are kept ${where}`, () => {
    const login = defineTask<{ to: string; pin: string }>("test.login", {
      redact: ["kwargs.pin", "result"],
      run: () => "done",
    });

    it("answers what may be shown, and the queue itself all there is", async () => {
      const storage = libsqlStorage({ url: `file:${folder.path}/${where}, redacted.db`, results });
      await storage.initialize();
      const queue = createQueue({ storage, tasks: [login] });
      const { id } = await queue.enqueue(login, { to: "a", pin: "hunter2" });
      const claim = await storage.dequeue(Date.now());
      if (claim === null) throw new Error("expected the task to be due");
      await storage.markDone(claim, json("hunter2"), Date.now());
      const redacted = queue.redacted();
      expect(await redacted.get(id)).toMatchObject({ kwargs: { to: "a", pin: REDACTED } });
      expect(await redacted.result(id)).toMatchObject({ status: "SUCCESS", result: REDACTED });
      expect(await redacted.session().queue.get(id)).toMatchObject({ kwargs: { to: "a", pin: REDACTED } });
      expect(await queue.get(id)).toMatchObject({ kwargs: { to: "a", pin: "hunter2" } });
      expect(await queue.result(id)).toMatchObject({ result: "hunter2" });
    });
  });
}
