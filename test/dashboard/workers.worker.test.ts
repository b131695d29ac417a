import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { openD1 } from "../support/d1.ts";
import { startWorker } from "../support/worker.ts";
import { refresh, visit } from "./browser.ts";

const database = await openD1();
beforeEach(() => database.clear());

const { call } = startWorker([]);

describe("the workers page", () => {
  it("says that nothing runs", async () => {
    expect((await visit(call, "/workers")).text).toContain("Nothing is running");
  });

  it("tells which drain holds what, for how long and at which attempt", async () => {
    const seen: string[] = [];
    const look = defineTask("page.look", {
      run: async () => {
        seen.push((await visit(call, "/workers")).text);
      },
    });
    const queue = createQueue({ storage: d1Storage(env.DB), tasks: [look] });
    await queue.enqueue(look, {});
    await queue.drain();
    await queue.enqueue(look, {});
    await queue.enqueue(look, {});
    await queue.drain({ concurrency: 2 });
    const [first = "", second = ""] = seen;
    expect(first).toContain("1 task, held by 1 worker.");
    for (const shown of ["page.look", "default", "1 of "]) expect(first).toContain(shown);
    expect(first).toMatch(/data-label="Lease left">[12] min/);
    expect(second).toContain("2 tasks, held by 1 worker.");
    const workerOf = (text: string) => /<h2><code>(\w{8})<\/code>/.exec(text)?.[1];
    expect(workerOf(first)).toBeDefined();
    expect(workerOf(second)).not.toBe(workerOf(first));
  });

  it("tells a lease that has expired", async () => {
    await database.sql(
      `INSERT INTO tasks (id, func_path, eta, status, attempts, claimed_by, lease_expires_at, created_at, updated_at)
      VALUES ('018f0000-06bb-7e37-a6ed-000000000001', 'page.look', 1, 'RUNNING', 1, 'gone', ?1, 1, 1)`,
      Date.now() - 5_000,
    );
    const { text } = await visit(call, "/workers");
    expect(text).toContain("expired 5 s ago");
    expect(text).toContain("1 task whose lease has expired");
    expect(text).not.toContain("%");
    await database.sql("UPDATE tasks SET progress = ?1", JSON.stringify({ value: 0.256, message: "page 3" }));
    expect((await visit(call, "/workers")).text).toContain("26 %, page 3");
    expect((await refresh(call, "/workers")).text).toMatch(/^<div id="workers" class="live"/);
    expect((await visit(call, "/workers?cursor=x")).status).toBe(400);
  });
});
