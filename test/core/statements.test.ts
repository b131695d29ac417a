import { createClient } from "@libsql/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../src/core/id.ts";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { libsqlStorage } from "../../src/storage/libsql.ts";
import { temporaryFolder } from "../support/libsql.ts";

const folder = await temporaryFolder();
const url = `file:${folder.path}/app.db`;
const client = createClient({ url, timeout: 5_000 });
const receipt = defineTask<{ orderId: number }>("receipt.send", {
  run: ({ orderId }) => ({ sent: orderId }),
});
const queue = createQueue({ storage: libsqlStorage({ url }), tasks: [receipt] });

const insertOrder = (id: number) => ({ sql: "INSERT INTO orders (id) VALUES (?)", args: [id] });
const count = async (table: string) =>
  (await client.execute(`SELECT count(*) AS count FROM ${table}`)).rows[0]?.count;

beforeAll(async () => {
  await queue.storage.initialize();
  await client.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY)");
});
afterAll(() => folder.remove());

describe("an enqueue in the app's own batch on libSQL", () => {
  it("commits with it, and the task runs", async () => {
    const statements = await queue.statements(receipt, { orderId: 1 }, { maxRetries: 1 });
    await client.batch([insertOrder(1), ...statements], "write");
    expect([await count("orders"), await count("tasks")]).toEqual([1, 1]);
    expect(await queue.drain()).toMatchObject({ succeeded: 1 });
    const [task] = (await queue.list()).items;
    expect(task).toMatchObject({ funcPath: "receipt.send", kwargs: { orderId: 1 }, maxRetries: 1 });
    expect(await queue.result(task?.id ?? "")).toMatchObject({ result: { sent: 1 } });
  });

  it("is rolled back with it: neither the order nor the task is there", async () => {
    const before = [await count("orders"), await count("tasks")];
    const statements = await queue.statements(receipt, { orderId: 2 });
    // The second order has the id of the first one: the whole batch fails.
    const batch = [insertOrder(2), ...statements, insertOrder(1)];
    await expect(client.batch(batch, "write")).rejects.toThrow(/UNIQUE constraint/);
    expect([await count("orders"), await count("tasks")]).toEqual(before);
  });

  it("meets an existing unique key without an error: the order commits, the task is not doubled", async () => {
    const options = { uniqueKey: "receipt:3", delay: "1h" };
    await client.batch(
      [insertOrder(3), ...(await queue.statements(receipt, { orderId: 3 }, options))],
      "write",
    );
    const before = await count("tasks");
    await client.batch(
      [insertOrder(4), ...(await queue.statements(receipt, { orderId: 3 }, options))],
      "write",
    );
    expect(await count("tasks")).toBe(before);
  });

  it("fails with it where the id that was given exists with another content, and meets it where it does not", async () => {
    const options = { id: newId(Date.now()), delay: "1h" };
    const batch = async (order: number, orderId: number) =>
      client.batch([insertOrder(order), ...(await queue.statements(receipt, { orderId }, options))], "write");
    await batch(10, 10);
    const before = await count("tasks");
    await batch(11, 10);
    await expect(batch(12, 12)).rejects.toThrow("malformed JSON");
    expect(await count("tasks")).toBe(before);
    const orders = await client.execute("SELECT id FROM orders WHERE id >= 10");
    expect(orders.rows.map(({ id }) => id)).toEqual([10, 11]);
  });

  it("is checked before there is any statement", async () => {
    await expect(queue.statements(receipt, { orderId: Number.NaN })).rejects.toMatchObject({
      field: "kwargs.orderId",
    });
  });
});
