import { env } from "cloudflare:workers";
import { describe, expect, expectTypeOf, it } from "vitest";
import { defineTask, type TaskContext } from "../../src/core/registry.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { createWorker } from "../../src/worker/worker.ts";
import { openD1 } from "../support/d1.ts";
import { runWorker, startWorker } from "../support/worker.ts";

await openD1();
const storage = () => d1Storage(env.DB);
const task = (name: string, timeout: string | number) => defineTask(name, { timeout, run: () => {} });

describe("createWorker", () => {
  it("refuses a task whose timeout is above 14 minutes, at once", () => {
    const create = () => createWorker({ storage, tasks: [task("long", "15m")] });
    expect(create).toThrow("expected timeout of task long to be at most 840000 ms");
    expect(create).toThrow("got 900000 ms");
    expect(() => createWorker({ storage, tasks: [task("fits", "14m")] })).not.toThrow();
  });

  it("refuses settings that cannot be used", () => {
    for (const settings of [{ cronDeadline: "15m" }, { cronDeadline: "soon" }, { concurrency: 0 }]) {
      expect(() => createWorker({ storage, tasks: [], ...settings })).toThrow(/^expected (cronD|concurr)/);
    }
    expect(() => createWorker({ storage, tasks: [], cronDeadline: "55s" })).not.toThrow();
  });

  it("refuses two tasks of one name", () => {
    expect(() => createWorker({ storage, tasks: [task("twin", 1_000), task("twin", 1_000)] })).toThrow(
      "two named twin",
    );
  });

  it("gives handlers the Worker's bindings as ctx.env, and what they throw to the log", async () => {
    let seen: unknown;
    const look = defineTask("look", {
      run: (_, { env }) => {
        seen = env;
      },
    });
    const worker = startWorker([look], {}, { OMNIQ_RESULT_TTL: "3d" });
    await worker.call("POST", "/v1/tasks", { json: { funcPath: "look" } });
    await worker.settled();
    expect(seen).toMatchObject({ OMNIQ_AUTH: "none", OMNIQ_RESULT_TTL: "3d" });
    expect(seen).toHaveProperty("DB.prepare");
  });

  it("applies OMNIQ_DEFAULT_TIMEOUT and OMNIQ_DEFAULT_MAX_RETRIES where neither task nor definition say otherwise", async () => {
    const variables = { OMNIQ_DEFAULT_TIMEOUT: "90s", OMNIQ_DEFAULT_MAX_RETRIES: "7" };
    const tasks = [
      defineTask("plain", { run: () => {} }),
      defineTask("own", { timeout: "2s", maxRetries: 1, run: () => {} }),
    ];
    const { call } = startWorker(tasks, {}, variables);
    const post = async (json: object) =>
      (await call("POST", "/v1/tasks", { json: { delay: "1h", ...json } })).body;
    expect(await post({ funcPath: "plain" })).toMatchObject({ timeout: 90_000, maxRetries: 7 });
    expect(await post({ funcPath: "own" })).toMatchObject({ timeout: 2_000, maxRetries: 1 });
    expect(await post({ funcPath: "own", timeout: "3s", maxRetries: 0 })).toMatchObject({
      timeout: 3_000,
      maxRetries: 0,
    });
  });

  it("takes a task that needs its bindings, and none that needs others", () => {
    interface Env {
      readonly DB: D1Database;
      readonly MAILER: Fetcher;
    }
    const open = ({ DB }: Env) => d1Storage(DB);
    const mail = defineTask("mail", { run: (_, { env }: TaskContext<Env>) => env.MAILER.fetch("http://x") });
    const bill = defineTask("bill", { run: (_, { env }: TaskContext<{ BILL: Fetcher }>) => env.BILL });
    const worker = createWorker({ storage: open, tasks: [task("plain", "1s"), mail] });
    expectTypeOf(worker.queueFor).parameter(0).toEqualTypeOf<Env>();
    // @ts-expect-error the Worker has no BILL
    createWorker({ storage: open, tasks: [mail, bill] });
  });

  it("takes bindings that are none of its own", async () => {
    type Env = { readonly QUEUE: D1Database; readonly OMNIQ_AUTH: string };
    const worker = createWorker({ storage: ({ QUEUE }: Env) => d1Storage(QUEUE), tasks: [] });
    const { call } = runWorker(worker, { QUEUE: env.DB, OMNIQ_AUTH: "none" });
    expect((await call("GET", "/v1/queues")).status).toBe(200);
  });
});
