import { afterAll, expect, it } from "vitest";
import { TooLargeError } from "../../src/core/errors.ts";
import { NO_EXTRAS } from "../../src/core/task.ts";
import { openLibsql } from "../support/libsql.ts";
import { startSqld } from "../support/sqld.ts";
import { NOW, newTask, newTasks } from "../support/tasks.ts";
import { describeStorage } from "./suite.ts";

const primary = await startSqld();
const replica = await startSqld(primary);
afterAll(() => Promise.all([replica.close(), primary.close()]));

describeStorage("a libSQL server through a read replica", () => openLibsql({ url: replica.url }), {
  batchOf4MB: "a replica passes a batch on by gRPC, in one message of at most 4 MB",
});

it("a replica: 10,000 tasks that wait for others are too large for one batch, and the error says so", async () => {
  const database = await openLibsql({ url: replica.url });
  const storage = database.storage();
  const parent = newTask();
  await storage.enqueueMany([parent], NOW);
  const children = newTasks(10_000, { extras: { ...NO_EXTRAS, after: [parent.id] } });
  const refused = storage.enqueueMany(children, NOW);
  await expect(refused).rejects.toThrow(TooLargeError);
  await expect(refused).rejects.toMatchObject({ code: "too_large", field: "tasks" });
  expect(await storage.getTask(children[0]?.id ?? "")).toBeNull();
}, 60_000);
