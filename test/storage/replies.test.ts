import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { libsqlStorage } from "../../src/storage/libsql.ts";
import { openLibsql } from "../support/libsql.ts";
import { cutOff, startProxy, status } from "../support/proxy.ts";
import { freePort, startSqld } from "../support/sqld.ts";
import { NOW, newTask, newTasks } from "../support/tasks.ts";

const server = await startSqld();
const proxy = await startProxy(server.url);
const database = await openLibsql({ url: server.url });
afterAll(async () => {
  await proxy.close();
  await server.close();
});

describe("the reply of a libSQL server", () => {
  beforeEach(() => database.clear());
  const open = () => libsqlStorage({ url: proxy.url, sleep: async () => {} });

  it("that is cut off in the middle is a lost reply: the write is sent again and takes effect once", async () => {
    const task = newTask();
    proxy.replies.push(cutOff);
    expect(await open().enqueueMany([task], NOW)).toEqual([{ id: task.id, duplicate: false }]);
    proxy.replies.push(cutOff, cutOff);
    expect(await open().dequeue(NOW)).toMatchObject({ id: task.id, attempts: 1 });
  });

  it("that is cut off each time says so", async () => {
    proxy.replies.push(...Array.from({ length: 5 }, () => cutOff));
    await expect(open().dequeue(NOW)).rejects.toMatchObject({ code: "storage_unavailable" });
    expect(proxy.replies).toEqual([]);
  });

  it("that is cut off disturbs the other calls of the same client no more than that", async () => {
    const storage = open();
    const tasks = newTasks(20);
    proxy.replies.push(cutOff, cutOff, cutOff);
    const receipts = await Promise.all(tasks.map((task) => storage.enqueueMany([task], NOW)));
    expect(receipts).toEqual(tasks.map(({ id }) => [{ id, duplicate: false }]));
  });

  it("that never comes, since nothing listens, is told from a refusal: by WebSocket too", async () => {
    for (const scheme of ["http", "ws"]) {
      const storage = libsqlStorage({
        url: `${scheme}://127.0.0.1:${await freePort()}`,
        sleep: async () => {},
      });
      await expect(storage.dequeue(NOW), scheme).rejects.toMatchObject({ code: "storage_unavailable" });
    }
  });

  it.each([408, 429, 500, 502, 503])("with status %i is waited out", async (code) => {
    const task = newTask();
    proxy.replies.push(status(code));
    expect(await open().enqueueMany([task], NOW)).toEqual([{ id: task.id, duplicate: false }]);
  });

  it.each([
    [401, { code: "invalid_config", field: "OMNIQ_DB_TOKEN" }],
    [403, { code: "invalid_config", field: "OMNIQ_DB_TOKEN" }],
    [404, { code: "invalid_config", field: "OMNIQ_DB_URL" }],
    [413, { code: "storage_rejected", reason: "value" }],
    [400, { code: "storage_rejected", reason: "other" }],
  ])("with status %i is not asked for again", async (code, expected) => {
    const before = proxy.requests();
    proxy.replies.push(status(code));
    await expect(open().enqueueMany([newTask()], NOW)).rejects.toMatchObject(expected);
    expect(proxy.requests()).toBe(before + 1);
  });
});
