import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { SerializationError, TooLargeError, ValidationError } from "../../src/core/errors.ts";
import { firstIdAt, idTime } from "../../src/core/id.ts";
import { type EnqueueOptions, LIMITS, TASK_DEFAULTS } from "../../src/core/options.ts";
import {
  type EnqueueRequest,
  enqueueRequest,
  pendingTask,
  prepareMany,
  prepareTask,
} from "../../src/core/prepare.ts";
import { defineTask } from "../../src/core/registry.ts";
import { byteLength } from "../../src/core/serialize.ts";
import { NO_FEATURES, NOW } from "../support/tasks.ts";

const task = defineTask<object>("test.task", { run: () => "done" });

const prepare = (input: object, options: EnqueueOptions = {}, now = NOW) =>
  prepareTask(enqueueRequest(task, input, options), TASK_DEFAULTS, now);

describe("prepareTask", () => {
  it("applies the defaults", async () => {
    expect(await prepare({ n: 1 })).toMatchObject({
      idGiven: false,
      funcPath: "test.task",
      args: "[]",
      kwargs: '{"n":1}',
      queue: "default",
      priority: 5,
      eta: NOW,
      interval: null,
      maxRetries: 3,
      timeout: 25_000,
      uniqueKey: null,
    });
  });

  it("takes the options first, then the definition's settings, then the queue's defaults", async () => {
    const defined = defineTask("test.defined", {
      queue: "defined",
      priority: 2,
      timeout: "2s",
      interval: "1h",
      run: () => "done",
    });
    const defaults = { queue: "queue", priority: 1, maxRetries: 1, timeout: 1_000 };
    const options = { priority: 3, delay: "1m", uniqueKey: "key", args: [1] };
    expect(await prepareTask(enqueueRequest(defined, {}, options), defaults, NOW)).toMatchObject({
      queue: "defined",
      priority: 3,
      timeout: 2_000,
      maxRetries: 1,
      interval: 3_600_000,
      eta: NOW + 60_000,
      uniqueKey: "key",
      args: "[1]",
    });
  });

  it("makes ids of the moment, each greater than the one before", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5_000; n++) ids.push((await prepare({})).id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
    expect(idTime(ids[0] ?? "")).toBe(NOW);
  });

  it("keeps ids monotonic when the clock goes back a little", async () => {
    const { id } = await prepare({}, {}, NOW + 1_000);
    expect((await prepare({}, {}, NOW + 500)).id > id).toBe(true);
  });

  it("takes an id of your own, at most 5 minutes ahead", async () => {
    const id = firstIdAt(NOW + LIMITS.idAhead);
    expect(await prepare({}, { id: id.toUpperCase() })).toMatchObject({ id, idGiven: true });
    await expect(prepare({}, { id: firstIdAt(NOW + LIMITS.idAhead + 1) })).rejects.toMatchObject({
      field: "id",
    });
  });

  it("takes args and kwargs of 256 KB together, and not a byte more", async () => {
    const rest = LIMITS.payloadBytes - '["",""]'.length - '{"k":""}'.length;
    const [a, b, k] = [1_000, 2_000, rest - 3_000].map((length) => "x".repeat(length));
    await expect(prepare({ k }, { args: [a, b] })).resolves.toBeDefined();
    await expect(prepare({ k: `${k}x` }, { args: [a, b] })).rejects.toBeInstanceOf(TooLargeError);
    await expect(prepare({}, { args: ["x".repeat(LIMITS.payloadBytes)] })).rejects.toMatchObject({
      field: "args",
    });
  });

  it("counts the bytes of both, not their characters", async () => {
    const args = ["é".repeat(80_000)];
    const input = { k: "é".repeat(80_000) };
    expect(byteLength(JSON.stringify(args)) + byteLength(JSON.stringify(input))).toBeGreaterThan(
      LIMITS.payloadBytes,
    );
    await expect(prepare(input, { args })).rejects.toBeInstanceOf(TooLargeError);
  });

  it("refuses what JSON would change, with its path", async () => {
    await expect(prepare({ user: { joined: new Date(0) } })).rejects.toBeInstanceOf(SerializationError);
    await expect(prepare({ user: { joined: new Date(0) } })).rejects.toMatchObject({
      field: "kwargs.user.joined",
    });
    await expect(prepare({}, { args: [[undefined]] })).rejects.toMatchObject({ field: "args[0][0]" });
  });

  it("refuses a payload that is no object, and args that are no array", async () => {
    for (const input of [[], new Map()])
      await expect(prepare(input)).rejects.toMatchObject({ field: "kwargs" });
    const given: EnqueueOptions = JSON.parse('{"args": {"0": 1}}');
    await expect(prepare({}, given)).rejects.toMatchObject({ field: "args", expected: "an array" });
  });

  it("tells of a payload of the wrong form without quoting it", async () => {
    const args: EnqueueOptions = JSON.parse('{"args": "hunter2"}');
    await expect(prepare({}, args)).rejects.toThrow("expected args to be an array, got a string");
    const request: EnqueueRequest = { task, input: "hunter2", options: {} };
    await expect(prepareTask(request, TASK_DEFAULTS, NOW)).rejects.toThrow(
      "expected kwargs to be an object, got a string",
    );
  });

  it("checks the payload by the schema, and stores it as it was given", async () => {
    const trimmed = defineTask("test.trim", {
      input: v.object({ to: v.pipe(v.string(), v.trim()) }),
      run: () => 1,
    });
    const request = enqueueRequest(trimmed, { to: " x " });
    expect(await prepareTask(request, TASK_DEFAULTS, NOW)).toMatchObject({ kwargs: '{"to":" x "}' });
    const bad: { to: string } = JSON.parse('{"to": 7}');
    await expect(prepareTask(enqueueRequest(trimmed, bad), TASK_DEFAULTS, NOW)).rejects.toMatchObject({
      field: "kwargs.to",
    });
  });

  for (const [field, options] of Object.entries<EnqueueOptions>({
    queue: { queue: "" },
    uniqueKey: { uniqueKey: "\ud800" },
    priority: { priority: 10 },
    eta: { eta: "tomorrow" },
    delay: { delay: -1 },
    interval: { interval: -1 },
    maxRetries: { maxRetries: 0.5 },
    timeout: { timeout: 0 },
    id: { id: "7" },
  })) {
    it(`names ${field} where it is not what was expected`, async () => {
      await expect(prepare({}, options)).rejects.toBeInstanceOf(ValidationError);
      await expect(prepare({}, options)).rejects.toMatchObject({ field });
    });
  }
});

describe("prepareMany", () => {
  const prepareAll = (all: readonly EnqueueRequest[]) =>
    prepareMany(all, (request) => prepareTask(request, TASK_DEFAULTS, NOW));
  const requests = (...options: EnqueueOptions[]) => options.map((each) => enqueueRequest(task, {}, each));

  it("names the request at fault, and keeps the error's class", async () => {
    await expect(prepareAll(requests({}, { eta: "x" }))).rejects.toMatchObject({
      name: "ValidationError",
      field: "tasks[1].eta",
    });
    await expect(prepareAll(requests({ args: [1n] }))).rejects.toMatchObject({
      name: "SerializationError",
      field: "tasks[0].args[0]",
    });
    const large = requests({ args: ["x".repeat(300_000)] });
    await expect(prepareAll(large)).rejects.toMatchObject({
      name: "TooLargeError",
      field: "tasks[0].args",
    });
  });

  it("takes 10,000 and refuses 10,001", async () => {
    const many = requests(...Array.from({ length: LIMITS.batch + 1 }, () => ({})));
    expect(await prepareAll(many.slice(1))).toHaveLength(LIMITS.batch);
    await expect(prepareAll(many)).rejects.toMatchObject({
      field: "tasks",
      got: "10001",
    });
  });
});

describe("pendingTask", () => {
  it("is the task that an insert makes of it", async () => {
    const prepared = await prepare({ n: 1 }, { args: ["a"] });
    const { idGiven: _, extras: __, ...columns } = prepared;
    expect(pendingTask(prepared, NOW)).toEqual({
      ...columns,
      args: ["a"],
      kwargs: { n: 1 },
      status: "PENDING",
      quarantined: false,
      attempts: 0,
      failures: 0,
      leaseExpiresAt: null,
      errors: [],
      lastAttemptAt: null,
      createdAt: NOW,
      updatedAt: NOW,
      ...NO_FEATURES,
    });
  });
});
