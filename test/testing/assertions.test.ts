import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { enqueueRequest } from "../../src/core/prepare.ts";
import { defineTask } from "../../src/core/registry.ts";
import { AssertionError } from "../../src/testing/assertions.ts";
import { createTestQueue } from "../../src/testing/test-queue.ts";
import { NOW } from "../support/tasks.ts";

const sendEmail = defineTask("email.send", {
  input: v.object({ to: v.string(), tags: v.optional(v.array(v.string())) }),
  queue: "mail",
  run: () => null,
});
const other = defineTask("test.other", { run: () => null });

const start = () => createTestQueue({ now: NOW, tasks: [sendEmail, other] });

/** The message of what is thrown. */
async function messageOf(thrown: Promise<unknown>): Promise<string> {
  const error: unknown = await thrown.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AssertionError) return error.message;
  throw new Error(`expected an AssertionError, got ${error}`);
}

describe("assertEnqueued", () => {
  it("finds a task by its name alone, by a part of its input, and by what its enqueue said", async () => {
    const test = await start();
    const receipt = await test.queue.enqueue(
      sendEmail,
      { to: "a@example.com", tags: ["x"] },
      { delay: "5m", priority: 0, uniqueKey: "a", args: [1], maxRetries: 7, timeout: "3s", interval: "1h" },
    );
    expect((await test.assertEnqueued(sendEmail)).id).toBe(receipt.id);
    await test.assertEnqueued(sendEmail, { tags: ["x"] });
    await test.assertEnqueued(sendEmail, { to: /@example/, tags: expect.arrayContaining(["x"]) });
    await test.assertEnqueued(
      sendEmail,
      {},
      {
        ...{ id: receipt.id, queue: "mail", priority: 0, uniqueKey: "a", args: [1], maxRetries: 7 },
        ...{ delay: 300_000, eta: new Date(NOW + 300_000), timeout: 3_000, interval: "60m", parentId: null },
      },
    );
    test.clock.advance("1m");
    await test.assertEnqueued(sendEmail, {}, { delay: "5m" });
  });

  it("returns the oldest that fits", async () => {
    const test = await start();
    const [first] = await test.queue.enqueueMany([
      enqueueRequest(sendEmail, { to: "a@example.com" }),
      enqueueRequest(sendEmail, { to: "a@example.com" }),
    ]);
    expect((await test.assertEnqueued(sendEmail, { to: "a@example.com" })).id).toBe(first?.id);
  });

  it("shows of the nearest one where it differs", async () => {
    const test = await start();
    await test.queue.enqueue(sendEmail, { to: "c@example.com" }, { priority: 1 });
    const { id } = await test.queue.enqueue(sendEmail, { to: "b@example.com" });
    const message = await messageOf(
      test.assertEnqueued(sendEmail, { to: "a@example.com" }, { priority: 5, delay: "1m" }),
    );
    expect(message).toBe(
      `expected a task email.send with input {"to":"a@example.com"}, priority 5, delay "1m" to have been enqueued, and none of 2 is. The nearest, ${id}:
  input.to: expected "a@example.com", got "b@example.com"
  delay: expected 60000, got 0`,
    );
  });

  it("says where there is none of that name what there is", async () => {
    const test = await start();
    expect(await messageOf(test.assertEnqueued(sendEmail))).toBe(
      "expected a task email.send to have been enqueued, and there is no task of that name: the queue is empty",
    );
    await test.queue.enqueue(other, {});
    await test.queue.enqueue(other, {});
    expect(await messageOf(test.assertEnqueued(sendEmail))).toMatch(/there is test\.other \(2\)$/);
  });

  it("takes only tasks that wait, unless it is told a status", async () => {
    const test = await start();
    await test.queue.enqueue(sendEmail, { to: "a@example.com" });
    await test.drain();
    expect(await messageOf(test.assertEnqueued(sendEmail))).toMatch(
      /status: expected PENDING or RETRYING, got SUCCESS$/,
    );
    await test.assertEnqueued(sendEmail, {}, { status: "SUCCESS" });
    await test.assertEnqueued(sendEmail, {}, { status: ["FAILED", "SUCCESS"] });
    await test.assertEnqueued(sendEmail, {}, { status: "any" });
  });

  it("throws what test frameworks take for a failed assertion", async () => {
    const test = await start();
    await expect(test.assertEnqueued(other)).rejects.toMatchObject({
      ...{ name: "AssertionError", code: "ERR_ASSERTION" },
    });
  });

  it("refuses a mere name, of which every task would be one", async () => {
    const test = await start();
    await test.queue.enqueue(other, {});
    const asked = Reflect.apply(test.assertEnqueued, test, ["email.send"]);
    await expect(asked).rejects.toThrow("expected task.name to be well-formed text");
  });

  it("refuses a duration that cannot be read", async () => {
    const test = await start();
    await test.queue.enqueue(other, {});
    await expect(test.assertEnqueued(other, {}, { delay: "soon" })).rejects.toThrow(/expected delay to be/);
  });
});

describe("refuteEnqueued", () => {
  it("passes where there is none, and lists those that there are", async () => {
    const test = await start();
    const { id } = await test.queue.enqueue(sendEmail, { to: "a@example.com" });
    await test.refuteEnqueued(sendEmail, { to: "b@example.com" });
    await test.refuteEnqueued(other);
    expect(await messageOf(test.refuteEnqueued(sendEmail, { to: "a@example.com" }))).toBe(
      `expected a task email.send with input {"to":"a@example.com"} not to have been enqueued, and there is 1:
  ${id} PENDING {"to":"a@example.com"}`,
    );
  });
});

describe("enqueued", () => {
  it("lists those that fit, oldest first, however many there are", async () => {
    const test = await start();
    const many = Array.from({ length: 1_100 }, (_, n) => enqueueRequest(sendEmail, { to: `${n % 2}` }));
    const ids = (await test.queue.enqueueMany(many)).map(({ id }) => id);
    expect((await test.enqueued(sendEmail)).map(({ id }) => id)).toEqual(ids);
    expect(await test.enqueued(sendEmail, { to: "1" })).toHaveLength(550);
    expect(await test.enqueued(other)).toEqual([]);
  });
});

describe("the types", () => {
  it("hold the input against the definition", async () => {
    const test = await start();
    const unread = async () => {
      // @ts-expect-error an address is a text
      await test.assertEnqueued(sendEmail, { to: 1 });
      // @ts-expect-error it has no such member
      await test.refuteEnqueued(sendEmail, { cc: "a@example.com" });
      // @ts-expect-error tags are texts
      await test.enqueued(sendEmail, { tags: [1] });
      // @ts-expect-error no option of a task
      await test.assertEnqueued(sendEmail, {}, { colour: "red" });
    };
    expect(unread).toBeTypeOf("function");
  });
});
