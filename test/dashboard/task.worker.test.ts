import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { NonRetryable } from "../../src/core/control.ts";
import { sha256 } from "../../src/core/digest.ts";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { d1Storage } from "../../src/storage/d1.ts";
import { openD1 } from "../support/d1.ts";
import { startWorker } from "../support/worker.ts";
import { cookieOf, post, refresh, tokenOf, visit } from "./browser.ts";

const send = defineTask<{ to?: string; fails?: boolean }>("mail.send", {
  queue: "mail",
  maxRetries: 0,
  run: ({ fails, to }) => {
    if (fails) throw new NonRetryable("the <server> said no");
    return { sent: to ?? null };
  },
});
const pay = defineTask("card.pay", { redact: ["kwargs.card.number", "args"], run: () => ({ paid: true }) });
const parent = defineTask("report.build", {
  run: async (_input, { enqueue }) => {
    await enqueue(send, { to: "a@example.com" }, { delay: "1h" });
  },
});

const database = await openD1();
beforeEach(() => database.clear());

const tasks = [send, pay, parent];
const { call, settled } = startWorker(tasks);
const queue = createQueue({ storage: d1Storage(env.DB), tasks });

/** Enqueues a task, and runs it where it is due. */
async function enqueue(json: object): Promise<string> {
  const { body } = await call("POST", "/v1/tasks", { json: { funcPath: "mail.send", ...json } });
  await settled();
  await queue.drain();
  return String(body.id);
}

const later = { delay: "1h" };
const statusOf = async (id: string) => (await call("GET", `/v1/tasks/${id}`)).body.status;
/** The forms of a page, by the ends of their paths. */
const actionsOf = (text: string) => [...text.matchAll(/action="[^"]*\/(\w+)"/g)].map(([, name]) => name);

describe("the page of one task", () => {
  it("tells its life, its arguments and its result", async () => {
    const id = await enqueue({ kwargs: { to: "a@example.com" } });
    const { status, text } = await visit(call, `/tasks/${id}`);
    expect(status).toBe(200);
    for (const shown of [
      "Enqueued",
      "Attempt 1 started",
      "Succeeded",
      "a@example.com",
      "&quot;sent&quot;",
      id,
    ]) {
      expect(text).toContain(shown);
    }
    expect(actionsOf(text)).toEqual(["delete"]);
  });

  it("tells what went wrong, with the stack", async () => {
    const id = await enqueue({ kwargs: { fails: true } });
    const { text } = await visit(call, `/tasks/${id}`);
    for (const shown of [
      "Attempt 1 failed",
      "Failed for good",
      "the &lt;server&gt; said no",
      "not to be retried",
      "Stack",
    ]) {
      expect(text).toContain(shown);
    }
    expect(actionsOf(text)).toEqual(["retry", "delete"]);
  });

  it("leads to the tasks that have to do with it", async () => {
    const id = await enqueue({ funcPath: "report.build" });
    const [child] = (await call("GET", `/v1/tasks?parentId=${id}`)).body.tasks as { id: string }[];
    expect((await visit(call, `/tasks/${id}`)).text).toContain(`href="../tasks/${child?.id}"`);
    expect((await visit(call, `/tasks/${child?.id}`)).text).toContain(`href="../tasks/${id}"`);
    const first = await enqueue(later);
    const second = await enqueue({ after: [first] });
    const waits = (await visit(call, `/tasks/${second}`)).text;
    expect(waits).toContain("Waits for");
    expect(waits).toContain(`href="../tasks/${first}"`);
    expect((await visit(call, `/tasks/${first}`)).text).toMatch(/Is waited for by[\s\S]*tasks\//);
  });

  it("is refreshed by its view alone", async () => {
    const id = await enqueue(later);
    const { text } = await refresh(call, `/tasks/${id}`);
    expect(text).toMatch(/^<div id="task" class="live"/);
  });

  it("of a task that is not there says so", async () => {
    const { status, text } = await visit(call, "/tasks/018f0000-06bb-7e37-a6ed-000000000001");
    expect(status).toBe(404);
    expect(text).toContain("There is no such task");
    expect((await visit(call, "/tasks/x")).status).toBe(400);
  });
});

describe("what can be done with a task", () => {
  it("run now, cancel, retry and delete, each where its status allows it", async () => {
    const id = await enqueue(later);
    for (const [action, from, to] of [
      ["cancel", "PENDING", "CANCELLED"],
      ["retry", "CANCELLED", "SUCCESS"],
    ]) {
      expect(await statusOf(id)).toBe(from);
      const { status, headers } = await post(call, `/tasks/${id}/${action}`);
      expect([status, headers.get("location")]).toEqual([303, `../../tasks/${id}?done=${action}`]);
      await settled();
      await queue.drain();
      expect(await statusOf(id)).toBe(to);
    }
    expect((await visit(call, `/tasks/${id}?done=retry`)).text).toMatch(/role="status"[^>]*>It runs again/);
    const { headers } = await post(call, `/tasks/${id}/delete`);
    expect(headers.get("location")).toBe("../../tasks?done=delete");
    expect((await visit(call, "/tasks?done=delete")).text).toContain("The task is deleted.");
    const due = await enqueue(later);
    await post(call, `/tasks/${due}/run`);
    await settled();
    await queue.drain();
    expect(await statusOf(due)).toBe("SUCCESS");
  });

  it("what its status forbids is told on its page", async () => {
    const id = await enqueue({});
    const { status, text } = await post(call, `/tasks/${id}/cancel`);
    expect(status).toBe(409);
    expect(text).toMatch(/role="alert"[^>]*>Expected the status of task/);
    expect(text).toContain("Succeeded");
  });

  it("needs a key with the scope, and the form of the session", async () => {
    const keys = await Promise.all(
      ["admin", "read", "read+enqueue"].map(
        async (scopes) => `${scopes[0]}${scopes.length}:${scopes}:${await sha256(scopes)}`,
      ),
    );
    const id = await enqueue(later);
    const { call } = startWorker([send], {}, { OMNIQ_AUTH: "keys", OMNIQ_KEYS: keys.join(",") });
    const signIn = async (key: string) => cookieOf(await post(call, "/sign-in", { key }));
    const [admin, read, both] = [await signIn("admin"), await signIn("read"), await signIn("read+enqueue")];
    const show = (cookie: string) => visit(call, `/tasks/${id}`, cookie);
    expect(actionsOf((await show(read)).text)).toEqual([]);
    expect((await show(read)).text).not.toContain("/copy");
    expect((await show(both)).text).toContain("/copy");
    const tokens = { admin: tokenOf(await show(admin)), read: tokenOf(await show(read)) };
    expect((await post(call, `/tasks/${id}/cancel`, { token: tokens.read }, read)).status).toBe(403);
    expect((await post(call, `/tasks/${id}/copy`, { token: tokens.read }, read)).status).toBe(403);
    expect((await visit(call, `/tasks/${id}/copy`, read)).status).toBe(403);
    expect((await post(call, `/tasks/${id}/cancel`, {}, admin)).status).toBe(403);
    expect((await post(call, `/tasks/${id}/cancel`, { token: tokens.read }, admin)).status).toBe(403);
    expect((await post(call, `/tasks/${id}/cancel`, { token: tokens.admin })).status).toBe(303);
    expect(await statusOf(id)).toBe("PENDING");
    expect((await post(call, `/tasks/${id}/cancel`, { token: tokens.admin }, admin)).status).toBe(303);
    expect(await statusOf(id)).toBe("CANCELLED");
  });
});

describe("a copy of a task", () => {
  const fields = { args: "[]", kwargs: '{"to": "b@example.com"}', queue: "mail", priority: "3", eta: "" };

  it("is offered with what the first had, and is a task of its own", async () => {
    const id = await enqueue({ kwargs: { to: "a@example.com" }, maxRetries: 7, timeout: "9s", ...later });
    const form = await visit(call, `/tasks/${id}/copy`);
    expect(form.text).toContain("a@example.com");
    const { status, headers } = await post(call, `/tasks/${id}/copy`, { ...fields, eta: "2030-01-02T03:04" });
    expect(status).toBe(303);
    const copy = (headers.get("location") ?? "").split("/").at(-1);
    expect((await call("GET", `/v1/tasks/${copy}`)).body).toMatchObject({
      kwargs: { to: "b@example.com" },
      priority: 3,
      eta: Date.parse("2030-01-02T03:04:00Z"),
      maxRetries: 7,
      timeout: 9_000,
      status: "PENDING",
    });
    expect(await statusOf(id)).toBe("PENDING");
  });

  it.each([
    ["kwargs", "{", "Expected kwargs to be a JSON object"],
    ["kwargs", "[1]", "Expected kwargs to be an object"],
    ["args", "{}", "Expected args to be a JSON array"],
    ["queue", "", "Expected queue to be"],
    ["priority", "12", "Expected priority to be"],
    ["eta", "soon", "Expected eta to be"],
  ])("a fault in %s is told beside it: %s", async (field, value, fault) => {
    const id = await enqueue(later);
    const { status, text } = await post(call, `/tasks/${id}/copy`, { ...fields, [field]: value });
    expect(status).toBe(400);
    expect(text).toContain(`id="${field}-fault"`);
    expect(text).toContain(fault);
    expect(text).toContain(`aria-describedby="${field}-fault"`);
    if (field !== "kwargs") expect(text).toContain("b@example.com");
  });

  it("is made once, however often its form is sent", async () => {
    const id = await enqueue(later);
    const [, own = ""] =
      /name="id" value="([^"]+)"/.exec((await visit(call, `/tasks/${id}/copy`)).text) ?? [];
    const sent = { ...fields, id: own, eta: "2030-01-01T00:00" };
    for (let times = 0; times < 2; times++) {
      const { headers } = await post(call, `/tasks/${id}/copy`, sent);
      expect(headers.get("location")).toBe(`../../tasks/${own}`);
    }
    const { status, text } = await post(call, `/tasks/${id}/copy`, { ...sent, kwargs: "{}" });
    expect(status).toBe(400);
    expect(text).toContain("This form was sent before");
    expect((await call("GET", "/v1/tasks")).body.tasks).toHaveLength(2);
  });

  it("keeps what is redacted where it is left, and takes what is written in its place", async () => {
    const kwargs = { card: { number: "4111", year: 2030 } };
    const id = await enqueue({ funcPath: "card.pay", args: ["secret"], kwargs, ...later });
    const form = await visit(call, `/tasks/${id}/copy`);
    expect(form.text).not.toMatch(/4111|secret/);
    const copy = async (number: string) => {
      const edited = { card: { number, year: 2031 } };
      const answer = await post(call, `/tasks/${id}/copy`, {
        ...fields,
        args: '["[redacted]"]',
        kwargs: JSON.stringify(edited),
      });
      const copied = (answer.headers.get("location") ?? "").split("/").at(-1) ?? "";
      const [row] = await database.sql("SELECT args, kwargs FROM tasks WHERE id = ?1", copied);
      return [row?.args, row?.kwargs].map((text) => JSON.parse(String(text)));
    };
    expect(await copy("[redacted]")).toEqual([["secret"], { card: { number: "4111", year: 2031 } }]);
    expect(await copy("4222")).toEqual([["secret"], { card: { number: "4222", year: 2031 } }]);
  });
});
