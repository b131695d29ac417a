import { afterAll, describe, expect, it } from "vitest";
import type { DefaultOptions } from "../../src/core/options.ts";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { parseRetention, type RetentionOptions } from "../../src/core/retention.ts";
import { createRunner } from "../../src/node/runner.ts";
import { libsqlStorage } from "../../src/storage/libsql.ts";
import { temporaryFolder } from "../support/libsql.ts";

const DAY = 86_400_000;
const folder = await temporaryFolder();
afterAll(() => folder.remove());

const task = defineTask("test.task", { run: () => "done" });
const storage = libsqlStorage({ url: `file:${folder.path}/queue.db` });
await storage.initialize();

describe("a queue's defaults", () => {
  const stored = async (defaults: DefaultOptions) => {
    const queue = createQueue({ storage, tasks: [task], defaults });
    return queue.get((await queue.enqueue(task, {})).id);
  };

  it("go to tasks that do not say otherwise, a duration as text too", async () => {
    const defaults = { queue: "mail", priority: 0, maxRetries: 0, timeout: "30s" };
    expect(await stored(defaults)).toMatchObject({ ...defaults, timeout: 30_000 });
  });

  it("are as if they were not there where they are undefined", async () => {
    const plain = { queue: "default", priority: 5, maxRetries: 3, timeout: 25_000 };
    const none = { queue: undefined, priority: undefined, maxRetries: undefined, timeout: undefined };
    expect(await stored(none)).toMatchObject(plain);
    expect(await stored({})).toMatchObject(plain);
  });

  it.each([
    ["queue", "\ud800"],
    ["queue", ""],
    ["priority", 99],
    ["priority", 1.5],
    ["maxRetries", -1],
    ["timeout", "soon"],
    ["timeout", 0],
    ["timeout", Number.NaN],
  ])("are refused by their name as the queue is made: %s of %j", (field, value) => {
    const options = { storage, tasks: [task], defaults: { [field]: value } };
    const refusal = expect.objectContaining({ code: "invalid_input", field: `defaults.${field}` });
    expect(() => createQueue(options)).toThrow(refusal);
    expect(() => createRunner(options)).toThrow(refusal);
  });
});

describe("how long finished tasks are kept", () => {
  it("is 7 days, FAILED ones 30, or as long as the others where that is more", () => {
    expect(parseRetention()).toEqual({ result: 7 * DAY, failed: 30 * DAY });
    expect(parseRetention({ result: undefined, failed: undefined })).toEqual(parseRetention());
    expect(parseRetention({ result: "1d" })).toEqual({ result: DAY, failed: 30 * DAY });
    expect(parseRetention({ result: "60d" })).toEqual({ result: 60 * DAY, failed: 60 * DAY });
    expect(parseRetention({ result: "60d", failed: DAY })).toEqual({ result: 60 * DAY, failed: DAY });
  });

  it("is what decides a purge, as text too", async () => {
    let now = Date.now();
    const queue = createQueue({ storage, tasks: [task], retention: { result: "1d" }, now: () => now });
    const { id } = await queue.enqueue(task, {});
    await queue.drain();
    now += DAY - 1;
    await queue.purgeDue(10);
    expect(await queue.get(id)).toMatchObject({ status: "SUCCESS" });
    now += 2 * 3_600_000;
    await queue.purgeDue(10);
    await expect(queue.get(id)).rejects.toMatchObject({ code: "task_purged" });
  });

  it.each<RetentionOptions>([
    { result: "a week" },
    { result: -1 },
    { failed: Number.NaN },
    { failed: "11y" },
  ])("is refused by its name as the queue is made: %j", (retention) => {
    const refusal = expect.objectContaining({
      code: "invalid_input",
      field: `retention.${Object.keys(retention)[0]}`,
    });
    expect(() => createQueue({ storage, retention })).toThrow(refusal);
    expect(() => createRunner({ storage, tasks: [], retention })).toThrow(refusal);
  });
});
