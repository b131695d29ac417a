import * as v from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import { ConfigError, UnknownTaskError, ValidationError } from "../../src/core/errors.ts";
import { SILENT } from "../../src/core/log.ts";
import {
  type AnyTask,
  defineTask,
  Registry,
  type TaskContext,
  type TaskDefinition,
} from "../../src/core/registry.ts";

const run = () => "done";
const named = (name: string) => defineTask(name, { run });

describe("defineTask", () => {
  it("keeps the name and the settings, and runs the handler with its input", async () => {
    const task = defineTask<{ n: number }>("math.double", { queue: "math", run: ({ n }) => n * 2 });
    expect(task.name).toBe("math.double");
    expect(task.settings).toEqual({ queue: "math" });
    const context: TaskContext = {
      signal: new AbortController().signal,
      task: {
        id: "",
        attempts: 1,
        claimToken: "",
        queue: "math",
        priority: 5,
        funcPath: task.name,
        args: [],
        kwargs: {},
        eta: 0,
        interval: null,
        quarantined: false,
        failures: 0,
        maxRetries: 3,
        timeout: 1,
        leaseExpiresAt: 0,
        parentId: null,
        onSuccess: "keep",
        schedule: null,
        scheduledFor: null,
        trace: null,
      },
      args: [],
      env: {},
      log: SILENT,
      progress: () => {},
      enqueue: async () => ({ id: "", duplicate: false }),
      enqueueMany: async () => [],
    };
    expect(await task.run(await task.validate({ n: 21 }), context)).toBe(42);
  });

  it("refuses a name that is no text field", () => {
    for (const name of ["", "a\u0000", "\ud800", "x".repeat(256)])
      expect(() => named(name)).toThrow(ValidationError);
  });

  it("refuses settings out of their range, and names them", () => {
    expect(() => defineTask("a", { run, timeout: "8d" })).toThrow(/^expected timeout to be/);
    expect(() => defineTask("a", { run, maxRetries: -1 })).toThrow(/^expected maxRetries to be/);
    expect(() => defineTask("a", { run, priority: 10 })).toThrow(/^expected priority to be/);
    expect(() => defineTask("a", { run, interval: 0 })).toThrow(/^expected interval to be/);
    expect(() => defineTask("a", { run, queue: "" })).toThrow(/^expected queue to be/);
  });

  it("refuses to redact what is no path, and names it", () => {
    expect(() => defineTask("a", { run, redact: ["kwargs.pin", "pin"] })).toThrow(ConfigError);
    expect(() => defineTask("a", { run, redact: ["kwargs.pin", "pin"] })).toThrow(
      /^expected redact\[1\] of task a to be a path like .*, got "pin"$/,
    );
    for (const redact of [false, "kwargs.pin", null, { paths: [] }]) {
      // @ts-expect-error neither true nor a list
      const define = () => defineTask("a", { run, redact });
      expect(define).toThrow(/^expected redact of task a to be true or a list of paths, got /);
      expect(define).toThrow(ConfigError);
    }
    // @ts-expect-error a path is a text
    expect(() => defineTask("a", { run, redact: [7] })).toThrow(/^expected redact\[0\] .*, got 7$/);
  });
});

describe("what a handler needs as ctx.env", () => {
  interface Env {
    readonly MAILER: { send(to: string): void };
  }

  it("is what it says of its context, and part of the task's type", () => {
    const plain = defineTask<{ to: string }, Env>("a", { run: ({ to }, { env }) => env.MAILER.send(to) });
    expectTypeOf(plain).toEqualTypeOf<TaskDefinition<{ to: string }, Env>>();
    const validated = defineTask("a", {
      input: v.object({ to: v.string() }),
      run: (input, ctx: TaskContext<Env>) => {
        expectTypeOf(input).toEqualTypeOf<{ to: string }>();
        ctx.env.MAILER.send(input.to);
      },
    });
    expectTypeOf(validated).toEqualTypeOf<TaskDefinition<{ to: string }, Env, void, "a">>();
  });

  it("is nothing where it does not say", () => {
    const task = defineTask("a", { run: (_, { env }) => expectTypeOf(env).toBeUnknown() });
    expectTypeOf(task).toExtend<TaskDefinition<never, Env>>();
    expectTypeOf(task).toExtend<TaskDefinition>();
  });

  it("keeps the task from a queue that gives less", () => {
    const task = defineTask("a", { run: (_, ctx: TaskContext<Env>) => ctx.env.MAILER.send("x") });
    expectTypeOf(task).toExtend<AnyTask>();
    expectTypeOf(task).toExtend<TaskDefinition<never, Env & { readonly MORE: string }>>();
    expectTypeOf(task).not.toExtend<TaskDefinition>();
    // @ts-expect-error what the context is said to hold and what the task is said to need must agree
    defineTask<{ to: string }>("a", { run: (_, ctx: TaskContext<Env>) => ctx.env.MAILER.send("x") });
  });
});

describe("the registry", () => {
  it("finds a task by its name", () => {
    const registry = new Registry([named("a"), named("b")]);
    expect(registry.names).toEqual(["a", "b"]);
    expect(registry.find("b")?.name).toBe("b");
    expect(registry.find("c")).toBeUndefined();
    expect(registry.get("a").name).toBe("a");
  });

  it("names the task and those that it knows where one is unknown", () => {
    const registry = new Registry([named("a"), named("b")]);
    expect(() => registry.get("c")).toThrow(UnknownTaskError);
    expect(() => registry.get("c")).toThrow(
      'expected funcPath to be the name of a registered task (a, b; register it in `tasks`), got "c"',
    );
    expect(() => new Registry([]).get("c")).toThrow("of which there is none");
  });

  it("refuses two tasks with one name", () => {
    expect(() => new Registry([named("a"), named("b"), named("a")])).toThrow(ConfigError);
    expect(() => new Registry([named("a"), named("a")])).toThrow("got two named a");
  });

  it("refuses a timeout over the limit: above 14 min a Worker cannot run it", () => {
    const limit = 14 * 60_000;
    expect(new Registry([defineTask("a", { run, timeout: "14m" })], limit).names).toEqual(["a"]);
    expect(() => new Registry([defineTask("a", { run, timeout: limit + 1 })], limit)).toThrow(ConfigError);
    expect(() => new Registry([defineTask("a", { run, timeout: limit + 1 })], limit)).toThrow(
      /^expected timeout of task a to be at most 840000 ms/,
    );
    expect(new Registry([defineTask("a", { run, timeout: "1d" })]).names).toEqual(["a"]);
  });
});
