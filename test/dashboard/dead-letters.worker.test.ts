import { beforeEach, describe, expect, it } from "vitest";
import { defineTask } from "../../src/core/registry.ts";
import { openD1 } from "../support/d1.ts";
import type { Answer } from "../support/http.ts";
import { startWorker } from "../support/worker.ts";
import { post, refresh, visit } from "./browser.ts";

const send = defineTask("mail.send", { queue: "mail", run: () => {} });

const database = await openD1();
beforeEach(() => database.clear());

const { call } = startWorker([send]);

/** Has so many tasks of a queue failed, with an error of this type. They are paused, so that what is retried waits. */
async function fail(count: number, queue: string, type: string) {
  await database.sql("INSERT OR REPLACE INTO queues (name, paused) VALUES (?1, 1)", queue);
  await database.sql(
    `WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < ?1 - 1)
    INSERT INTO tasks (id, queue, func_path, eta, status, attempts, failures, errors, created_at, updated_at)
    SELECT printf('018f0000-06bb-7e37-%04x-%012x', 40960 + length(?3), i), ?2, 'mail.send', 1, 'FAILED', 1, 1,
      json_array(json_object('type', ?3, 'message', 'no', 'at', 1, 'attempt', 1, 'retryable', json('true'))), 1714000000000, 1714000000000 FROM numbers`,
    count,
    queue,
    type,
  );
}

/** The fields of the form that takes the next step. */
function stepOf({ text }: Answer): Record<string, string> {
  const [form = ""] = /<form[^>]*dead-letters\/run.*?<\/form>/s.exec(text) ?? [];
  const fields = [...form.matchAll(/name="(\w+)" value="([^"]*)"/g)];
  return Object.fromEntries(fields.map(([, name = "", value = ""]) => [name, value]));
}

/** The page that asks, once all of them are counted. */
async function confirm(search: string): Promise<Answer> {
  let page = await visit(call, `/dead-letters/confirm?${search}`);
  for (;;) {
    const [, next] = /hx-get="\.\.\/([^"]+)"/.exec(page.text) ?? [];
    if (next === undefined) return page;
    page = await refresh(call, `/${next.replaceAll("&amp;", "&")}`);
  }
}

/** Takes a step and those that follow from it. @returns what each told */
async function run(first: Record<string, string>): Promise<string[]> {
  const told: string[] = [];
  for (let step = first; step.action !== undefined; ) {
    const page = await post(call, "/dead-letters/run", step);
    told.push(/role="status"[^>]*>([^<]+)/.exec(page.text)?.[1] ?? "");
    step = stepOf(page);
  }
  return told;
}

const count = async (status: string) => {
  const rows = await database.sql("SELECT count(*) AS count FROM tasks WHERE status = ?1", status);
  return rows[0]?.count;
};

describe("the dead letters page", () => {
  it("says that there are none", async () => {
    expect((await visit(call, "/dead-letters")).text).toContain("No dead letters");
  });

  it("tells how many failed, by queue, handler and type of error", async () => {
    await fail(3, "mail", "SmtpError");
    await fail(1_200, "cards", "TimeoutError");
    const { text } = await visit(call, "/dead-letters");
    expect(text).toContain("1,000 that failed");
    const [, next = ""] = /href="(dead-letters\?cursor=[^"]+)"/.exec(text) ?? [];
    const older = await visit(call, `/${next}`);
    expect(older.text).toMatch(/SmtpError.*203 tasks, to the oldest/s);
    expect((await refresh(call, "/dead-letters")).text).toMatch(/^<div id="dead-letters" class="live"/);
  });

  it("filters by each of them", async () => {
    await fail(3, "mail", "SmtpError");
    await fail(5, "cards", "TimeoutError");
    const found = async (search: string) => {
      const { text } = await visit(call, `/dead-letters?${search}`);
      return [...text.matchAll(/class="preview fault">(\w+)/g)].map(([, type]) => type);
    };
    expect(await found("")).toEqual(["TimeoutError", "SmtpError"]);
    expect(await found("queue=mail")).toEqual(["SmtpError"]);
    expect(await found("errorType=TimeoutError&funcPath=mail.send")).toEqual(["TimeoutError"]);
    expect((await visit(call, "/dead-letters?queue=none")).text).toContain("No failure meets this filter");
  });
});

describe("a bulk operation on dead letters", () => {
  it("asks first, with the number of tasks that it would touch", async () => {
    await fail(3, "mail", "SmtpError");
    await fail(5, "cards", "TimeoutError");
    const page = await visit(call, "/dead-letters/confirm?action=delete&queue=mail");
    expect(page.text).toContain("Delete 3 tasks?");
    expect(await count("FAILED")).toBe(8);
    const none = await visit(call, "/dead-letters/confirm?action=delete&queue=none");
    expect(none.text).toContain("No failure meets this filter");
  });

  it("counts page by page, each at a request", async () => {
    await fail(2_500, "mail", "SmtpError");
    let page = await visit(call, "/dead-letters/confirm?action=retry");
    const told: string[] = [];
    for (let next: string | undefined; ; ) {
      told.push(/role="status"[^>]*>([^<]+)/.exec(page.text)?.[1] ?? "");
      next = /hx-get="\.\.\/(dead-letters\/confirm[^"]+)"/.exec(page.text)?.[1]?.replaceAll("&amp;", "&");
      if (next === undefined) break;
      page = await refresh(call, `/${next}`);
    }
    expect(told).toEqual([
      "Counted 1,000 tasks so far.",
      "Counted 2,000 tasks so far.",
      "Retry 2,500 tasks?",
    ]);
    expect(stepOf(page)).toMatchObject({ action: "retry", total: "2500", cursor: "", changed: "0" });
  });

  it("goes on page by page until all is done, and tells how far it is", async () => {
    await fail(2_500, "cards", "TimeoutError");
    await fail(10, "mail", "SmtpError");
    const first = stepOf(await confirm("action=retry&queue=mail"));
    expect((await run(first)).at(-1)).toBe("Retried 10 of 10 tasks.");
    const told = await run(stepOf(await confirm("action=delete&errorType=TimeoutError")));
    expect(told).toEqual([
      "Deleted 1,000 of 2,500 tasks …",
      "Deleted 2,000 of 2,500 tasks …",
      "Deleted 2,500 of 2,500 tasks.",
    ]);
    expect([await count("FAILED"), await count("PENDING")]).toEqual([0, 10]);
  });

  it("can be left and taken up from its address, which alone does nothing", async () => {
    await fail(1_500, "cards", "TimeoutError");
    const step = { action: "retry", queue: "cards", before: String(Date.now()), total: "1500" };
    const going = await post(call, "/dead-letters/run", step);
    expect(going.text).toContain('hx-trigger="load');
    const address = /data-address="\.\.\/([^"]+)"/.exec(going.text)?.[1]?.replaceAll("&amp;", "&");
    const paused = await visit(call, `/${address}`);
    expect(paused.text).toContain("Retried 1,000 of 1,500 tasks, paused.");
    expect(paused.text).not.toContain('hx-trigger="load');
    expect(await count("FAILED")).toBe(500);
    expect((await post(call, "/dead-letters/run", stepOf(paused))).text).toContain(
      "Retried 1,500 of 1,500 tasks.",
    );
    expect(await count("FAILED")).toBe(0);
  });

  it("does nothing where it is not told what", async () => {
    await fail(1, "mail", "SmtpError");
    expect((await post(call, "/dead-letters/run")).status).toBe(400);
    expect((await visit(call, "/dead-letters/confirm")).status).toBe(400);
    expect(await count("FAILED")).toBe(1);
  });

  it("tells a cursor that is none", async () => {
    expect((await post(call, "/dead-letters/run", { action: "retry", cursor: "x" })).status).toBe(400);
    expect((await visit(call, "/dead-letters?cursor=x")).status).toBe(400);
  });
});
