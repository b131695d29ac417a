import { beforeEach, describe, expect, it } from "vitest";
import { defineTask } from "../../src/core/registry.ts";
import { openD1 } from "../support/d1.ts";
import type { CallOptions } from "../support/http.ts";
import { startWorker } from "../support/worker.ts";
import { refresh, visit } from "./browser.ts";

const send = defineTask<{ to?: string; fails?: boolean }>("mail.send", {
  queue: "mail",
  maxRetries: 0,
  run: ({ fails }) => {
    if (fails) throw new TypeError("the <b>server</b> said no");
  },
});
const pay = defineTask("card.pay", { redact: ["kwargs.number"], run: () => {} });

const database = await openD1();
beforeEach(() => database.clear());

async function start(...tasks: NonNullable<CallOptions["json"]>[]) {
  const worker = startWorker([send, pay]);
  if (tasks.length > 0) await worker.call("POST", "/v1/tasks/batch", { json: { tasks } });
  await worker.settled();
  return worker.call;
}

const later = { delay: "1h" };

describe("the tasks page", () => {
  it("says what to do where there are none", async () => {
    const { text } = await visit(await start(), "/tasks");
    expect(text).toContain("No tasks yet");
    expect(text).not.toContain("<table");
  });

  it("lists tasks with their status, queue, arguments and last error", async () => {
    const call = await start(
      { funcPath: "mail.send", kwargs: { to: "a@example.com" }, ...later },
      { funcPath: "mail.send", kwargs: { fails: true } },
    );
    const { text } = await visit(call, "/tasks");
    for (const shown of [
      "mail.send",
      "{&quot;to&quot;:&quot;a@example.com&quot;}",
      "Pending",
      "Failed",
      "in 59 min",
    ]) {
      expect(text).toContain(shown);
    }
    expect(text).toContain("TypeError: the &lt;b&gt;server&lt;/b&gt; said no");
  });

  it("filters by status, queue, handler, time and text", async () => {
    const call = await start(
      { funcPath: "mail.send", kwargs: { to: "first" }, ...later },
      { funcPath: "mail.send", kwargs: { to: "second", fails: true } },
      { funcPath: "card.pay", queue: "cards", ...later },
    );
    const found = async (search: string) => {
      const { text } = await visit(call, `/tasks?${search}`);
      return [...text.matchAll(/class="subject"[^>]*>([\w.]+)/g)].map(([, name]) => name);
    };
    expect(await found("status=FAILED")).toEqual(["mail.send"]);
    expect(await found("queue=cards")).toEqual(["card.pay"]);
    expect(await found("funcPath=mail.send")).toEqual(["mail.send", "mail.send"]);
    expect(await found("text=SECOND")).toEqual(["mail.send"]);
    expect(await found("text=server")).toEqual(["mail.send"]);
    expect(await found("from=2026-01-01T00:00&to=2026-01-02T00:00")).toEqual([]);
    expect(await found("from=2020-01-01T00:00")).toHaveLength(3);
    expect(await found("queue=mail&text=first&status=PENDING")).toEqual(["mail.send"]);
  });

  it("neither shows nor finds what a definition redacts", async () => {
    const call = await start({ funcPath: "card.pay", kwargs: { number: "4111" }, ...later });
    expect((await visit(call, "/tasks")).text).toContain("[redacted]");
    const { text } = await visit(call, "/tasks?text=4111");
    expect(text).toContain("No task meets this filter");
  });

  it("tells a filter that cannot be used", async () => {
    const call = await start();
    for (const search of ["cursor=x", "from=2026-02-01T00:00&to=2026-01-01T00:00", "from=soon"]) {
      const { status, text } = await visit(call, `/tasks?${search}`);
      expect(status).toBe(400);
      expect(text).toContain('role="alert"');
    }
  });

  it("an id leads to its task", async () => {
    const id = "018f0000-06bb-7e37-a6ed-000000000001";
    const { status, headers } = await visit(await start(), `/tasks?text=${id.toUpperCase()}`);
    expect([status, headers.get("location")]).toEqual([303, `tasks/${id}`]);
  });

  it("is refreshed by its list alone, from the same address", async () => {
    const call = await start({ funcPath: "mail.send", ...later });
    const page = await visit(call, "/tasks?queue=mail");
    const part = await refresh(call, "/tasks?queue=mail");
    expect(page.text).toContain('hx-get="tasks?queue=mail"');
    expect(part.text).toMatch(/^<div id="tasks" class="live"/);
    expect(part.text).not.toContain("<html");
  });

  it("goes on from page to page, and back to the newest", async () => {
    const call = await start(...Array.from({ length: 60 }, () => ({ funcPath: "mail.send", ...later })));
    const first = await visit(call, "/tasks");
    const [, next = ""] = /href="(tasks\?cursor=[^"]+)"/.exec(first.text) ?? [];
    const second = await visit(call, `/${next}`);
    const count = ({ text }: { text: string }) => text.match(/class="subject"/g)?.length;
    expect([count(first), count(second)]).toEqual([50, 10]);
    expect(second.text).toContain("10 tasks, to the oldest");
    expect(second.text).toContain("Newest");
  });
});
