import * as v from "valibot";
import { describe, expectTypeOf, it } from "vitest";
import type { Client, OutputOf, Producer, TaskId } from "../../src/client/index.ts";
import { connect, createClient, enqueueRequest } from "../../src/client/index.ts";
import type { Bulk } from "../../src/core/bulk.ts";
import type { Queue } from "../../src/core/queue.ts";
import { defineTask, type TaskContext } from "../../src/core/registry.ts";
import type { JsonValue } from "../../src/core/task.ts";
import type { QueueService } from "../../src/rpc/index.ts";
import { errorOf } from "./context.ts";

interface Env {
  readonly MAILER: { send(to: string): void };
}
const sendEmail = defineTask("email.send", {
  input: v.object({ to: v.string(), copies: v.optional(v.number(), 1) }),
  run: async ({ to, copies }, ctx: TaskContext<Env>) => {
    ctx.env.MAILER.send(to);
    return { sent: copies };
  },
});
const cleanUp = defineTask("files.clean", { run: () => {} });
/** With its input said, its name is not known to the compiler. */
const syncUser = defineTask<{ userId: string }>("user.sync", { run: ({ userId }) => userId });

const known = [sendEmail, cleanUp];
const some = [sendEmail, syncUser];

// Nothing is listening there: that these are compiled is what is tested.
const url = "http://127.0.0.1:1";
const any = createClient({ url, retries: 0 });
const typed = createClient<typeof known>({ url, retries: 0 });
const loose = createClient<typeof some>({ url, retries: 0 });
const check = (...calls: readonly (() => Promise<unknown>)[]) =>
  Promise.all(calls.map((call) => errorOf(call())));

describe("an enqueue by a definition", () => {
  it("takes the payload that its schema takes", async () => {
    await check(
      () => any.enqueue(sendEmail, { to: "a@example.com" }),
      () => any.enqueue(sendEmail, { to: "a@example.com", copies: 2 }, { delay: "5m" }),
      // @ts-expect-error: to is missing
      () => any.enqueue(sendEmail, {}),
      // @ts-expect-error: to is a text
      () => any.enqueue(sendEmail, { to: 1 }),
      // @ts-expect-error: there is no such option
      () => any.enqueue(sendEmail, { to: "a@example.com" }, { delays: "5m" }),
      // @ts-expect-error: there is no such member
      () => any.enqueue(sendEmail, { to: "a@example.com", copy: 2 }),
      // @ts-expect-error: there is no such member
      async () => enqueueRequest(sendEmail, { to: "a@example.com", copy: 2 }),
      () => any.enqueue(syncUser, { userId: "a" }),
      // @ts-expect-error: another name
      () => any.enqueue(syncUser, { user: "a" }),
    );
  });

  it("types the result of what it enqueued", () => {
    const follow = async () => {
      const { id } = await any.enqueue(sendEmail, { to: "a@example.com" });
      return any.result(id, { wait: "1m" });
    };
    type Ended = NonNullable<Awaited<ReturnType<typeof follow>>>;
    expectTypeOf<Extract<Ended, { status: "SUCCESS" }>["result"]>().toEqualTypeOf<{ sent: number }>();
    expectTypeOf<Extract<Ended, { status: "FAILED" }>["error"]["message"]>().toEqualTypeOf<string>();
  });
});

describe("an enqueue by a name", () => {
  it("takes any name and any payload where the registry's type is not given", async () => {
    await check(
      () => any.enqueue("email.send", { to: 1 }),
      () => any.enqueueMany([{ funcPath: "email.send", kwargs: { to: 1 }, queue: "mail" }]),
      // @ts-expect-error: a payload is an object
      () => any.enqueue("email.send", "a@example.com"),
    );
  });

  it("is checked with its payload by the registry's type, which is gone at run time", async () => {
    await check(
      () => typed.enqueue("email.send", { to: "a@example.com" }),
      () => typed.enqueue("files.clean", {}),
      // @ts-expect-error: no such task
      () => typed.enqueue("email.sent", { to: "a@example.com" }),
      // @ts-expect-error: to is a text
      () => typed.enqueue("email.send", { to: 1 }),
    );
    const follow = async () => {
      const { id } = await typed.enqueue("email.send", { to: "a@example.com" });
      return typed.result(id);
    };
    type Ended = NonNullable<Awaited<ReturnType<typeof follow>>>;
    expectTypeOf<Extract<Ended, { status: "SUCCESS" }>["result"]>().toEqualTypeOf<{ sent: number }>();
  });

  it("is checked in a batch too", async () => {
    await check(
      () =>
        typed.enqueueMany([
          { funcPath: "email.send", kwargs: { to: "a@example.com" }, delay: "5m" },
          { funcPath: "files.clean" },
          enqueueRequest(sendEmail, { to: "a@example.com" }),
        ]),
      // @ts-expect-error: to is a text
      () => typed.enqueueMany([{ funcPath: "email.send", kwargs: { to: 1 } }]),
      // @ts-expect-error: a payload is needed
      () => typed.enqueueMany([{ funcPath: "email.send" }]),
      // @ts-expect-error: no such task
      () => typed.enqueueMany([{ funcPath: "email.sent", kwargs: { to: "a@example.com" } }]),
      // @ts-expect-error: to is a text
      () => typed.enqueueMany([enqueueRequest(sendEmail, { to: 1 })]),
    );
  });

  it("is any name where the registry has a task without its own, and those with theirs are checked", async () => {
    await check(
      () => loose.enqueue("user.sync", { userId: "a" }),
      () => loose.enqueue("email.send", { to: "a@example.com" }),
      // @ts-expect-error: to is a text
      () => loose.enqueue("email.send", { to: 1 }),
    );
  });
});

describe("a result", () => {
  it("is JSON where only the id is known, or what the task says that is named", () => {
    const id: string = "018f0000-06bb-7e37-a6ed-ea59e3b6fd64";
    const plain = () => any.result(id);
    const named = () => any.result<typeof sendEmail>(id);
    type Result<T extends () => Promise<unknown>> =
      Extract<NonNullable<Awaited<ReturnType<T>>>, { status: "SUCCESS" }> extends { readonly result: infer R }
        ? R
        : never;
    expectTypeOf<Result<typeof plain>>().toEqualTypeOf<JsonValue>();
    expectTypeOf<Result<typeof named>>().toEqualTypeOf<{ sent: number }>();
    expectTypeOf<OutputOf<typeof cleanUp>>().toEqualTypeOf<null>();
    expectTypeOf<OutputOf<typeof syncUser>>().toEqualTypeOf<JsonValue>();
    expectTypeOf<string>().toExtend<TaskId<typeof sendEmail>>();
    expectTypeOf<TaskId<typeof sendEmail>>().toExtend<string>();
  });
});

describe("the interface", () => {
  it("is one over HTTP and by a service binding", () => {
    expectTypeOf(connect<typeof known>).returns.toEqualTypeOf<Producer<typeof known>>();
    expectTypeOf<typeof typed>().toExtend<Producer<typeof known>>();
    expectTypeOf<keyof QueueService>().toEqualTypeOf<keyof Producer>();
    expectTypeOf<ReturnType<QueueService["task"]>>().toEqualTypeOf<ReturnType<Producer["task"]>>();
    expectTypeOf<ReturnType<QueueService["cancel"]>>().toEqualTypeOf<ReturnType<Producer["cancel"]>>();
    expectTypeOf<ReturnType<QueueService["result"]>>().toExtend<ReturnType<Producer["result"]>>();
  });

  it("is that of a queue, where both have the verb", () => {
    expectTypeOf<Client>().toExtend<Producer>();
    expectTypeOf<Client["bulk"]>().toExtend<Pick<Bulk, keyof Bulk>>();
    expectTypeOf<Client>().toExtend<
      Pick<
        Queue,
        "cancel" | "retry" | "runNow" | "change" | "reschedule" | "delete" | "queues" | "history" | "result"
      >
    >();
    expectTypeOf<Client["schedules"]>().toExtend<
      Pick<Queue["schedules"], "list" | "get" | "create" | "enable" | "delete" | "next" | "run">
    >();
  });
});
