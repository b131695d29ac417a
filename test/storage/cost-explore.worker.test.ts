import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { parseSearch, type SearchQuery } from "../../src/core/explorer.ts";
import { NO_EXTRAS } from "../../src/core/task.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { fillBacklog } from "../support/backlog.ts";
import { counted, openD1 } from "../support/d1.ts";
import { NOW, newTask } from "../support/tasks.ts";

const { binding, rows, reset } = counted(env.DB);
const storage = d1Storage(binding);
const { explorer } = storage;

beforeAll(async () => fillBacklog(await openD1(), 20_000, NOW));

/** Rows that a page of a search reads. */
async function read(query: SearchQuery, queries = 1): Promise<number> {
  reset();
  await explorer.search({ ...parseSearch(query), hidden: [] });
  expect(rows).toMatchObject({ written: 0, queries });
  return rows.read;
}

describe("rows that looking around costs on D1, among 20,000 tasks", () => {
  it("a page of 50 without a filter", async () => {
    expect(await read({})).toBe(50);
  });

  it("a page with a filter reads the 1,000 that it looks at, and 2 for each of 50 that it shows but one", async () => {
    expect(await read({ status: "SUCCESS" })).toBe(1_099);
    expect(await read({ queue: "0", text: "boom" })).toBe(1_099);
    expect(await read({ text: "nothing like it" })).toBe(1_000);
  });

  it("a page of what runs or waits some more, where it is too many to be all looked at", async () => {
    expect(await read({ status: "RUNNING" }, 2)).toBe(1_200);
    expect(await read({ status: "PENDING" }, 2)).toBe(1_301);
  });

  it("a page of failed ones looks at 1,000 of those alone", async () => {
    expect(await read({ status: "FAILED" })).toBe(1_099);
    expect(await read({ status: "FAILED", text: "nothing like it" })).toBe(1_000);
  });

  it("the names of the queues", async () => {
    reset();
    expect(await explorer.queueNames()).toEqual(["0"]);
    expect(rows.read).toBe(23);
  });

  it("what has to do with a task", async () => {
    const first = newTask();
    const second = newTask({ extras: { ...NO_EXTRAS, after: [first.id] } });
    await storage.enqueueMany([first, second], NOW);
    const { id } = second;
    reset();
    await explorer.relations({ id, awaits: 1 });
    expect(rows).toMatchObject({ written: 0, queries: 3 });
    expect(rows.read).toBe(2);
  });
});
