import { createClient } from "@libsql/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

  it("is checked before there is any statement", async () => {
    await expect(queue.statements(receipt, { orderId: Number.NaN })).rejects.toMatchObject({
      field: "kwargs.orderId",
    });
  });
});
