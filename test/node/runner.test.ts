import { afterAll, describe, expect, it } from "vitest";
import { ConfigError, ValidationError } from "../../src/core/errors.ts";
import { SILENT } from "../../src/core/log.ts";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask, type TaskContext } from "../../src/core/registry.ts";
import { createRunner } from "../../src/node/runner.ts";
import { libsqlStorage } from "../../src/storage/libsql.ts";
import { until } from "../core/engine/context.ts";
import { temporaryFolder } from "../support/libsql.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());

const note = defineTask("test.note", { run: (_, { env }) => env });
let files = 0;
const options = () => {
  files += 1;
  const storage = libsqlStorage({ url: `file:${folder.path}/${files}.db` });
  return { storage, tasks: [note], signals: false, log: SILENT };
};

describe("a Node runner", () => {
  it("migrates a new database, and starts at once what its own queue enqueues", async () => {
    const runner = createRunner({ ...options(), env: { KEY: "value" } });
    const running = runner.run();
    await until(async () => (await runner.queue.list().catch(() => null)) !== null);
    const { id } = await runner.queue.enqueue(note, {});
    expect(await runner.queue.result(id, { wait: "20s" })).toMatchObject({ result: { KEY: "value" } });
    await runner.stop();
    await running;
  });

  it("gives its handlers the environment of the process where it is given no other", async () => {
    const seen: unknown[] = [];
    const look = defineTask("test.look", { run: (_, { env }) => void seen.push(env === process.env) });
    const runner = createRunner({ ...options(), tasks: [look] });
    await runner.queue.storage.initialize();
    await runner.queue.enqueue(look, {});
    const running = runner.run();
    await until(() => seen.length === 1);
    await runner.stop();
    await running;
    expect(seen).toEqual([true]);
  });

  it("takes a task that needs what it gives as ctx.env, and none that needs more", () => {
    const keyed = defineTask("test.keyed", { run: (_, ctx: TaskContext<{ KEY: string }>) => ctx.env.KEY });
    createRunner({ ...options(), tasks: [note, keyed], env: { KEY: "value" } });
    // @ts-expect-error the process may have no KEY
    createRunner({ ...options(), tasks: [note, keyed] });
    // @ts-expect-error a queue has no env of its own
    createQueue({ ...options(), tasks: [note, keyed] });
  });

  it("can be stopped before it runs, and then does nothing", async () => {
    const runner = createRunner(options());
    await runner.queue.storage.initialize();
    const { id } = await runner.queue.enqueue(note, {});
    await runner.stop();
    await runner.run();
    expect(await runner.queue.get(id)).toMatchObject({ status: "PENDING", attempts: 0 });
  });

  it("runs once: a second call gives the promise of the first, and installs nothing", async () => {
    const listeners = process.listenerCount("SIGTERM");
    const runner = createRunner({ ...options(), signals: true });
    const running = runner.run();
    expect(runner.run()).toBe(running);
    expect(process.listenerCount("SIGTERM")).toBe(listeners + 1);
    await runner.stop();
    await running;
    expect(process.listenerCount("SIGTERM")).toBe(listeners);
    expect(runner.run()).toBe(running);
  });

  it("tells its listener, and goes on where that throws", async () => {
    const events: string[] = [];
    const onEvent = ({ type }: { type: string }) => {
      events.push(type);
      throw new Error("a listener's own fault");
    };
    const runner = createRunner({ ...options(), env: {}, onEvent });
    await runner.queue.storage.initialize();
    const { id } = await runner.queue.enqueue(note, {});
    const running = runner.run();
    await until(async () => (await runner.queue.result(id)) !== null);
    await runner.stop();
    await running;
    expect(events).toEqual(["task.enqueued", "task.started", "task.succeeded"]);
  });

  it("goes on where its listener throws while the database cannot be used", async () => {
    const events: string[] = [];
    const onEvent = ({ type }: { type: string }) => {
      events.push(type);
      throw new Error("a listener's own fault");
    };
    const storage = libsqlStorage({ url: `file:${folder.path}/unmigrated.db`, migrate: false });
    const runner = createRunner({ ...options(), storage, onEvent });
    const running = runner.run();
    await until(() => events.length > 0);
    await runner.stop();
    await expect(running).resolves.toBeUndefined();
    expect(events[0]).toBe("storage.failed");
  });

  it("refuses settings that cannot be used before it starts", () => {
    for (const settings of [{ concurrency: 0 }, { lease: 999 }, { lease: "soon" }, { grace: "2d" }]) {
      expect(() => createRunner({ ...options(), ...settings })).toThrow(ValidationError);
    }
    expect(() => createRunner({ ...options(), lease: "30s", grace: "1m" })).not.toThrow();
    expect(() => createRunner({ ...options(), tasks: [note, note] })).toThrow(ConfigError);
  });

  it("takes only the queues that it is given", async () => {
    const runner = createRunner({ ...options(), queues: ["mine"] });
    await runner.queue.storage.initialize();
    const other = await runner.queue.enqueue(note, {});
    const mine = await runner.queue.enqueue(note, {}, { queue: "mine" });
    const running = runner.run();
    await until(async () => (await runner.queue.result(mine.id)) !== null);
    await runner.stop();
    await running;
    expect(await runner.queue.get(other.id)).toMatchObject({ status: "PENDING", attempts: 0 });
  });
});
