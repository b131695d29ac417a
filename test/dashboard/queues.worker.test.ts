import { beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../src/core/digest.ts";
import { defineTask } from "../../src/core/registry.ts";
import { openD1 } from "../support/d1.ts";
import { startWorker } from "../support/worker.ts";
import { cookieOf, post, refresh, tokenOf, visit } from "./browser.ts";

const send = defineTask("mail.send", { queue: "mail", run: () => {} });

const database = await openD1();
beforeEach(() => database.clear());

const { call } = startWorker([send]);

async function enqueue(...queues: string[]) {
  const tasks = queues.map((queue) => ({ funcPath: "mail.send", queue, delay: "1h" }));
  await call("POST", "/v1/tasks/batch", { json: { tasks } });
}

async function settingsOf(name: string) {
  const { body } = await call("GET", "/v1/queues");
  const queues: unknown[] = Array.isArray(body.queues) ? body.queues : [];
  return queues.find(
    (queue) => typeof queue === "object" && queue !== null && "name" in queue && queue.name === name,
  );
}

describe("the queues page", () => {
  it("says what to do where there are none", async () => {
    expect((await visit(call, "/queues")).text).toContain("No queues yet");
  });

  it("lists each with what waits, what runs and its settings", async () => {
    await enqueue("mail", "mail", "cards");
    await call("PUT", "/v1/queues/cards", { json: { concurrency: 7, paused: true } });
    const { text } = await visit(call, "/queues");
    for (const shown of ["mail", "cards", "Active", "Paused", "nothing due", 'value="7"'])
      expect(text).toContain(shown);
  });

  it("pauses and resumes a queue, whatever its name has", async () => {
    const name = 'a/b & "c"?';
    await enqueue(name);
    const { status, headers } = await post(call, "/queues/pause", { name });
    expect(status).toBe(303);
    expect(await settingsOf(name)).toMatchObject({ paused: true });
    const page = await visit(call, `/queues/${headers.get("location")}`.replace("queues/../", ""));
    expect(page.text).toContain("is paused");
    await post(call, "/queues/resume", { name });
    expect(await settingsOf(name)).toMatchObject({ paused: false });
  });

  it("acts on the queue that was meant, though its name begins or ends with a space", async () => {
    await enqueue(" mail ");
    await post(call, "/queues/pause", { name: " mail " });
    expect(await settingsOf(" mail ")).toMatchObject({ paused: true });
    expect(await settingsOf("mail")).toBeUndefined();
    const found = await visit(call, "/tasks?queue=+mail+");
    expect(found.text).toContain("mail.send");
  });

  it("limits how many run at once, and takes the limit away", async () => {
    await enqueue("mail");
    await post(call, "/queues/concurrency", { name: "mail", concurrency: "3" });
    expect(await settingsOf("mail")).toMatchObject({ concurrency: 3, paused: false });
    await post(call, "/queues/concurrency", { name: "mail", concurrency: "" });
    expect(await settingsOf("mail")).toMatchObject({ concurrency: null });
  });

  it.each(["0", "x", "1.5", "-1", "1e9"])("tells a limit that cannot be used: %s", async (concurrency) => {
    await enqueue("mail");
    const { status, text } = await post(call, "/queues/concurrency", { name: "mail", concurrency });
    expect(status).toBe(400);
    expect(text).toContain('role="alert"');
    expect(await settingsOf("mail")).toMatchObject({ concurrency: null });
  });

  it("goes on to more of them", async () => {
    await enqueue(...Array.from({ length: 20 }, (_, index) => `queue ${String(index).padStart(2, "0")}`));
    const first = await visit(call, "/queues");
    const [, next = ""] = /href="(queues\?cursor=[^"]+)"/.exec(first.text) ?? [];
    const second = await visit(call, `/${next}`);
    expect(first.text).toContain("queue 15");
    expect(first.text).not.toContain("queue 16");
    expect(second.text).toContain("queue 19");
    expect(second.text).not.toContain("queue 15</a>");
  });

  it("is refreshed by its list alone", async () => {
    await enqueue("mail");
    expect((await refresh(call, "/queues")).text).toMatch(/^<div id="queues" class="live"/);
  });
});

describe("what a key that only reads can do about queues, schedules, dead letters and workers", () => {
  const start = async () => {
    const keys = `rob:read:${await sha256("r-key")}`;
    const worker = startWorker([send], {}, { OMNIQ_AUTH: "keys", OMNIQ_KEYS: keys });
    const cookie = cookieOf(await post(worker.call, "/sign-in", { key: "r-key" }));
    return { call: worker.call, cookie };
  };

  it("is to see them: they have no form but that to sign out, and no link to an action", async () => {
    await enqueue("mail");
    await call("POST", "/v1/schedules", { json: { name: "often", every: "1h", funcPath: "mail.send" } });
    const { call: asReader, cookie } = await start();
    for (const path of ["/queues", "/schedules", "/schedules/often", "/dead-letters", "/workers"]) {
      const { status, text } = await visit(asReader, path, cookie);
      expect(status).toBe(200);
      expect(text.match(/method="post"/g), path).toHaveLength(1);
      expect(text).not.toContain("/confirm");
    }
  });

  it("their actions are refused with 403", async () => {
    const { call: asReader, cookie } = await start();
    const token = tokenOf(await visit(asReader, "/queues", cookie));
    for (const path of [
      "/queues/pause",
      "/queues/resume",
      "/queues/concurrency",
      "/schedules/run",
      "/schedules/enable",
      "/schedules/disable",
      "/dead-letters/run",
    ]) {
      expect((await post(asReader, path, { token, name: "mail" }, cookie)).status, path).toBe(403);
    }
    for (const path of ["/dead-letters/confirm", "/dead-letters/run"]) {
      expect((await visit(asReader, path, cookie)).status).toBe(403);
    }
  });
});
