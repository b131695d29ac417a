import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../src/core/id.ts";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { openD1 } from "../support/d1.ts";

const receipt = defineTask<{ orderId: number }>("receipt.send", {
  run: ({ orderId }) => ({ sent: orderId }),
});
const queue = createQueue({ storage: d1Storage(env.DB), tasks: [receipt] });

const insertOrder = (id: number) => env.DB.prepare("INSERT INTO orders (id) VALUES (?)").bind(id);
const count = (table: string) => env.DB.prepare(`SELECT count(*) AS count FROM ${table}`).first("count");

beforeAll(async () => {
  await openD1();
  await env.DB.exec("CREATE TABLE orders (id INTEGER PRIMARY KEY)");
});

describe("an enqueue in the app's own batch on D1", () => {
  it("commits with it, and a kick starts the task", async () => {
    await env.DB.batch([insertOrder(1), ...(await queue.statements(receipt, { orderId: 1 }))]);
    expect([await count("orders"), await count("tasks")]).toEqual([1, 1]);
    const waiting: Promise<unknown>[] = [];
    queue.kick({ waitUntil: (promise) => void waiting.push(promise) });
    await Promise.all(waiting);
    const [task] = (await queue.list()).items;
    expect(await queue.result(task?.id ?? "")).toMatchObject({ result: { sent: 1 } });
  });

  it("fails with it where the id that was given exists with another content", async () => {
    const options = { id: newId(Date.now()), delay: "1h" };
    const batch = async (order: number, orderId: number) =>
      env.DB.batch([insertOrder(order), ...(await queue.statements(receipt, { orderId }, options))]);
    await batch(10, 10);
    await batch(11, 10);
    const before = [await count("orders"), await count("tasks")];
    await expect(batch(12, 12)).rejects.toThrow("malformed JSON");
    expect([await count("orders"), await count("tasks")]).toEqual(before);
  });

  it("is rolled back with it: neither the order nor the task is there", async () => {
    const before = [await count("orders"), await count("tasks")];
    const statements = await queue.statements(receipt, { orderId: 2 });
    // The second order has the id of the first one: the whole batch fails.
    await expect(env.DB.batch([insertOrder(2), ...statements, insertOrder(1)])).rejects.toThrow(
      /UNIQUE constraint/,
    );
    expect([await count("orders"), await count("tasks")]).toEqual(before);
  });
});
