import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, expect, it } from "vitest";
import { Snooze } from "../../../src/core/control.ts";
import { defineTask } from "../../../src/core/registry.ts";
import type { Row } from "../../../src/storage/driver.ts";
import { AlteredDriver } from "../../support/faulty.ts";
import type { EngineContext } from "./context.ts";

export function describeRefusals(context: EngineContext): void {
  /** Runs a handler that returns this once, and tells how its task ended. */
  const returning = async (value: unknown) => {
    const task = defineTask("test.returning", { run: () => value });
    const queue = context.queue([task]);
    const { id } = await queue.enqueue(task, {});
    await queue.drain();
    return { task: await queue.get(id), result: await queue.result(id) };
  };

  /** Runs a handler that throws this once. */
  const throwing = async (thrown: unknown) => {
    const task = defineTask("test.throwing", {
      run: () => {
        throw thrown;
      },
    });
    const queue = context.queue([task]);
    const { id } = await queue.enqueue(task, {});
    await queue.drain();
    return queue.get(id);
  };

  /** Runs a task whose schema does this at the run; at the enqueue it takes everything. */
  const validating = async (check: () => StandardSchemaV1.Result<object>) => {
    let validate = (): StandardSchemaV1.Result<object> => ({ value: {} });
    const input: StandardSchemaV1<object> = {
      "~standard": { version: 1, vendor: "test", validate: async () => validate() },
    };
    const task = defineTask("test.validated", { input, run: () => "done" });
    const queue = context.queue([task]);
    const { id } = await queue.enqueue(task, {});
    validate = check;
    await queue.drain();
    return queue.get(id);
  };

  describe("the schema, at the run", () => {
    it("ends the task for good where it finds a fault in the payload", async () => {
      const task = await validating(() => ({ issues: [{ message: "no such user" }] }));
      expect(task).toMatchObject({ status: "FAILED", attempts: 1, failures: 1 });
      expect(task.errors).toMatchObject([{ type: "ValidationError", retryable: false }]);
    });

    it("is tried again where it throws: what it asks may be down", async () => {
      const task = await validating(() => {
        throw new TypeError("fetch failed");
      });
      expect(task).toMatchObject({ status: "RETRYING", failures: 1 });
      expect(task.errors).toMatchObject([{ type: "TypeError", message: "fetch failed", retryable: true }]);
    });
  });

  describe("where an error was thrown is kept", () => {
    it("with a handler's own", async () => {
      const { errors } = await throwing(new Error("boom"));
      expect(errors[0]?.stack).toMatch(/\n +at /);
    });

    it("with none that a refusal of ours ended: it would name files of the server", async () => {
      const timeout = defineTask("test.slow", {
        timeout: 10,
        run: (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", reject)),
      });
      const queue = context.queue([timeout]);
      const { id } = await queue.enqueue(timeout, {});
      await queue.drain();
      const tasks = [
        await queue.get(id),
        (await returning(1n)).task,
        await validating(() => ({ issues: [{ message: "no" }] })),
      ];
      for (const { errors } of tasks) {
        expect(errors).toHaveLength(1);
        expect(errors[0]).not.toHaveProperty("stack");
      }
    });
  });

  it("a task whose kwargs are no JSON in the database is FAILED and not run, and the others of its claim are run", async () => {
    const runs: string[] = [];
    const task = defineTask("test.noting", { run: (_, { task: { id } }) => void runs.push(id) });
    const queue = context.queue([task]);
    const ids = [];
    for (let n = 0; n < 3; n++) ids.push((await queue.enqueue(task, {})).id);
    const broken = ids[1] ?? "";
    const alter = (row: Row) => (row.id === broken && "kwargs" in row ? { ...row, kwargs: "{a: 1}" } : row);
    const storage = context.database.storage({}, (driver) => new AlteredDriver(driver, alter));
    expect(await context.queue([task], { storage }).drain()).toMatchObject({ succeeded: 2, failed: 1 });
    expect(runs).toEqual(ids.filter((id) => id !== broken));
    const error = (await queue.result(broken))?.error;
    expect(error).toMatchObject({
      type: "SerializationError",
      message: "expected kwargs to be JSON, got text that is none",
      retryable: false,
    });
    expect(error).not.toHaveProperty("stack");
  });

  describe("what a handler may not return", () => {
    for (const [what, value, path] of [
      ["a Date", { user: { joined: new Date(0) } }, "result.user.joined"],
      ["a BigInt", [1n], "result[0]"],
      ["NaN", { rate: Number.NaN }, "result.rate"],
      ["a lone surrogate", { name: "\ud800" }, "result.name"],
      ["a function", { run: () => 1 }, "result.run"],
    ] as const) {
      it(`an unserializable return value (${what}) makes the task FAILED and names its path`, async () => {
        const { task, result } = await returning(value);
        expect(task).toMatchObject({ status: "FAILED", attempts: 1, failures: 1 });
        expect(result?.error).toMatchObject({ type: "SerializationError", retryable: false });
        expect(result?.error?.message).toContain(`expected ${path} to be`);
      });
    }

    it("a result of more than 1 MB makes the task FAILED", async () => {
      const { task, result } = await returning("x".repeat(1024 * 1024));
      expect(task).toMatchObject({ status: "FAILED", attempts: 1 });
      expect(result?.error).toMatchObject({ type: "TooLargeError", retryable: false });
      expect(result?.error?.message).toContain("1048576 bytes");
    });

    it("a result of exactly 1 MB is kept", async () => {
      const value = "x".repeat(1024 * 1024 - 2);
      expect((await returning(value)).result).toMatchObject({ status: "SUCCESS", result: value });
    });
  });

  describe("whatever a handler throws is kept as an error", () => {
    it("a value that is no Error", async () => {
      const task = await throwing("just text");
      expect(task.errors).toMatchObject([
        { type: "NonError", message: 'thrown: "just text"', retryable: true },
      ]);
    });

    it("an Error whose message, name and stack are no text", async () => {
      const odd = Object.assign(new Error("text"), { message: { code: 7 }, name: undefined, stack: 42 });
      const task = await throwing(odd);
      expect(task).toMatchObject({ status: "RETRYING", failures: 1 });
      expect(task.errors).toHaveLength(1);
    });

    it("an Error whose message cannot be read", async () => {
      const hostile = new Error("text");
      Object.defineProperty(hostile, "message", {
        get() {
          throw new Error("no");
        },
      });
      expect(await throwing(hostile)).toMatchObject({ status: "RETRYING", failures: 1 });
    });

    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const trapped = new Proxy(
      {},
      {
        getPrototypeOf() {
          throw new Error("not even its class can be told");
        },
      },
    );
    it.each([
      ["a revoked proxy", revoked.proxy],
      ["a proxy that does not tell its class", trapped],
      ["what only looks like a Snooze", Object.create(Snooze.prototype)],
    ])("%s", async (_, thrown) => {
      expect(await throwing(thrown)).toMatchObject({ status: "RETRYING", failures: 1 });
    });

    it("lone surrogates and control characters come out well-formed", async () => {
      const task = await throwing(new Error("half \ud83d and nul \u0000"));
      expect(task.errors).toMatchObject([{ message: "half \ufffd and nul \u0000" }]);
    });

    it("an error takes at most 8 KB, and the last 20 are kept", async () => {
      let runs = 0;
      const task = defineTask("test.verbose", {
        maxRetries: 100,
        run: () => {
          runs += 1;
          throw new Error(`${runs} ${'"'.repeat(100_000)}`);
        },
      });
      const queue = context.queue([task]);
      const { id } = await queue.enqueue(task, {});
      for (let attempt = 1; attempt <= 22; attempt++) {
        await queue.drain();
        context.clock.advance(60 * 60_000);
      }
      const { errors } = await queue.get(id);
      expect(errors.map(({ attempt }) => attempt)).toEqual(Array.from({ length: 20 }, (_, n) => n + 3));
      for (const error of errors) expect(JSON.stringify(error).length).toBeLessThanOrEqual(8 * 1024);
    });
  });
}
