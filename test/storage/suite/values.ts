import { describe, expect, it } from "vitest";
import { serialize } from "../../../src/core/serialize.ts";
import type { Row } from "../../../src/storage/driver.ts";
import { AlteredDriver } from "../../support/faulty.ts";
import { json, NOW, newTask, taskError } from "../../support/tasks.ts";
import { type Context, found, LATER, MINUTE } from "./context.ts";

/** JSON that a careless round trip would change. */
const VALUES: Record<string, string> = {
  "text of every plane": '"h\u00e9 \u6587\u5b57 \u{1f600} \u{10ffff} \u200d\ufeff\u2028"',
  "escaped characters": String.raw`"\" \\ \/ \b \f \n \r \t \u001f"`,
  "a null character inside a string": String.raw`["a\u0000b", {"\u0000k\u0000": "\u0000"}]`,
  "an own __proto__ key": '{"__proto__":{"polluted":true},"constructor":{"prototype":1},"toString":"x"}',
  "the largest safe integers": "[9007199254740991,-9007199254740991,0]",
  "fractions and exponents": "[0.1,1e21,5e-324,1.7976931348623157e+308,-1.5]",
  "strings that look like JSON": String.raw`["{}", "[1]", "null", "true", "1", "\"a\"", "{\"a\":1}", "'"]`,
  "empty values": '[[],{},"",{"":""}]',
  "strings that look like paths of JSON": '{"$":1,"$.a":2,"[0]":3,"a.b":4,"a\\"b":5}',
  "numeric keys in their order": '{"1":1,"2":2,"b":3,"a":4}',
};

const INJECTIONS = [
  `'); DROP TABLE tasks; --`,
  `" OR "1"="1`,
  `x' OR '1'='1`,
  "\\'; DELETE FROM tasks; /*",
  "?1 :a @b $c ?",
  "`tasks` [tasks] %_",
  '{"$": ["#-1"]}',
  "null",
  "123",
  "1e3",
  "\u6587\u{1f600}",
  " ",
];

export function describeValues(context: Context): void {
  const storage = () => context.storage();

  /** What comes back as args, kwargs, result and the message of an error. */
  async function roundTrip(value: unknown): Promise<string[]> {
    const { id } = await context.enqueue({ args: json([value]), kwargs: json({ value }) });
    const claimed = await context.dequeue();
    await storage().markDone(claimed, json(value), NOW);
    const task = await context.task(id);
    const result = (await context.result(id))?.result;
    return [claimed.args[0], claimed.kwargs.value, task.args[0], task.kwargs.value, result].map((back) =>
      JSON.stringify(back),
    );
  }

  describe("JSON values", () => {
    for (const [name, text] of Object.entries(VALUES)) {
      it(`a value comes back equal: ${name}`, async () => {
        const value: unknown = JSON.parse(text);
        const expected = JSON.stringify(value);
        expect(await roundTrip(value)).toEqual(Array(5).fill(expected));
      });
    }

    it("a value comes back equal: nested 100 deep", async () => {
      const limits = { maxBytes: 2 ** 20, maxDepth: 100 };
      const arrays = serialize(JSON.parse(`${"[".repeat(100)}${"]".repeat(100)}`), "args", limits);
      const objects = serialize(JSON.parse(`${'{"a":'.repeat(100)}1${"}".repeat(100)}`), "kwargs", limits);
      const { id } = await context.enqueue({ args: arrays, kwargs: objects });
      const claimed = await context.dequeue();
      await storage().markDone(claimed, objects, NOW);
      expect(JSON.stringify(claimed.args)).toBe(arrays);
      expect(JSON.stringify(claimed.kwargs)).toBe(objects);
      expect(JSON.stringify((await context.result(id))?.result)).toBe(objects);
    });

    it("a __proto__ key reaches the handler as a key and pollutes nothing", async () => {
      const { id } = await context.enqueue({ kwargs: json(JSON.parse('{"__proto__":{"polluted":true}}')) });
      const { kwargs } = await context.dequeue();
      expect(Object.keys(kwargs)).toEqual(["__proto__"]);
      expect(Object.getPrototypeOf((await context.task(id)).kwargs)).toBe(Object.prototype);
      expect("polluted" in {}).toBe(false);
    });

    it("an error comes back as it was recorded, with the task and in its result", async () => {
      const error = taskError({
        type: "Caf\u00e9Error",
        message: "a\u0000b \u{1f600} ' \" \\ {}",
        stack: "at x\n\tat y\r\n",
      });
      const task = await context.start();
      await storage().markFailed(task, error, "final", NOW);
      expect((await context.task(task.id)).errors).toEqual([error]);
      expect((await context.result(task.id))?.error).toEqual(error);
    });

    it("a task names its handler by func_path; args is a JSON array, kwargs a JSON object", async () => {
      for (const wrong of [
        { args: json({}) },
        { args: json("[]") },
        { kwargs: json([]) },
        { kwargs: json(null) },
      ]) {
        await expect(storage().enqueueMany([newTask(wrong)], NOW)).rejects.toMatchObject({
          code: "storage_rejected",
        });
      }
      const task = await context.start({
        funcPath: "reports.monthly",
        args: json([1]),
        kwargs: json({ a: 1 }),
      });
      expect(task).toMatchObject({ funcPath: "reports.monthly", args: [1], kwargs: { a: 1 } });
    });
  });

  describe("JSON that cannot be read, although the database let it pass", () => {
    const reading = (id: string) => {
      const altered = { args: "[1,]", kwargs: "{a: 1}", errors: "[,]" };
      const alter = (row: Row) => (row.id === id && "kwargs" in row ? { ...row, ...altered } : row);
      return context.database.storage({}, (driver) => new AlteredDriver(driver, alter));
    };

    it("a claim brings the others, and says of the one that it is not to be run", async () => {
      const [first, broken, last] = await context.enqueueMany(3, { args: json([1]) });
      const request = { now: NOW, limit: 9, leaseExpiresAt: LATER };
      const claimed = await reading(found(broken).id).claimMany(request);
      expect(claimed).toMatchObject([
        { id: first?.id, args: [1] },
        { id: broken?.id, attempts: 1, args: [], kwargs: {}, unreadable: { code: "not_serializable" } },
        { id: last?.id, args: [1] },
      ]);
      expect(claimed.filter((task) => "unreadable" in task)).toHaveLength(1);
    });

    it("a page shows the others, and the one without what cannot be read", async () => {
      const [broken, other] = await context.enqueueMany(2, { args: json([1]) });
      await context.database.catchUp();
      const { items } = await reading(found(broken).id).listTasks({ limit: 9 });
      expect(items).toMatchObject([
        { id: other?.id, args: [1] },
        { id: broken?.id, args: [], kwargs: {}, errors: [] },
      ]);
    });
  });

  describe("text fields", () => {
    for (const text of INJECTIONS) {
      it(`text is text in every field: ${JSON.stringify(text)}`, async () => {
        const fields = { queue: text, funcPath: text, uniqueKey: text };
        const task = newTask(fields);
        const idempotency = { apiKey: text, key: text, fingerprint: text, expiredBefore: NOW - 1 };
        await storage().enqueueMany([task], NOW, idempotency);
        expect(await context.task(task.id)).toMatchObject(fields);
        expect(await storage().enqueueMany([newTask(fields)], NOW + 1, idempotency)).toEqual([
          { id: task.id, duplicate: true },
        ]);
        expect(await storage().enqueueMany([newTask(fields)], NOW)).toEqual([
          { id: task.id, duplicate: true },
        ]);
        await storage().configureQueue(text, { concurrency: 2 });
        const reader = await context.reader();
        expect(await reader.listQueues(NOW)).toMatchObject([{ name: text, depth: 1, concurrency: 2 }]);
        expect(await reader.findNextEta([text])).toBe(NOW);
        const filter = { queue: text, funcPath: text, status: "PENDING", limit: 5 } as const;
        expect((await reader.listTasks(filter)).items).toHaveLength(1);
        expect(await context.claim({ queues: [text] })).toMatchObject([{ id: task.id, queue: text }]);
        expect(await storage().rescueMany(LATER, () => 0)).toHaveLength(1);
        expect(await context.claimQuarantined(LATER, { queues: [text] })).toMatchObject({ id: task.id });
        await storage().markDone({ id: task.id, attempts: 2 }, json(text), LATER);
        expect((await context.result(task.id))?.result).toBe(text);
      });

      it(`text is text where an id is asked for: ${JSON.stringify(text)}`, async () => {
        await context.enqueueMany(2);
        const reader = await context.reader();
        expect(await reader.getTask(text)).toBeNull();
        expect(await reader.getOutcome(text)).toBeNull();
        await expect(storage().cancel(text, NOW)).rejects.toMatchObject({ code: "task_not_found" });
        await expect(storage().markRunning({ id: text, attempts: 1 }, NOW)).rejects.toMatchObject({
          code: "lease_lost",
        });
        expect(await storage().renewMany([{ id: text, attempts: 0 }], NOW + MINUTE)).toEqual([]);
        expect(await context.count("tasks")).toBe(2);
      });
    }
  });
}
