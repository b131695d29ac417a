import { beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../src/core/id.ts";
import { type Omniq, startQueue, waysTo } from "./context.ts";

const site = startQueue();

describe.each(waysTo(site))("%s", (way, open) => {
  let omniq: Omniq;
  const queue = `queue ${way}`;
  beforeAll(() => {
    omniq = open();
  });
  const enqueue = async (...argv: string[]): Promise<string> => {
    const { code, stdout, stderr } = await omniq("enqueue", "test.noop", "{}", "--queue", queue, ...argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout.trim();
  };

  it("enqueue prints the id, and with --json the receipt; a unique key makes the second one a duplicate", async () => {
    const id = await enqueue("--unique-key", `once ${way}`);
    const again = await omniq("enqueue", "test.noop", "{}", "--unique-key", `once ${way}`, "--json");
    expect(again.json).toEqual([{ id, duplicate: true }]);
  });

  it("enqueue says all that the task has", async () => {
    const id = await enqueue(
      "--args",
      "[1]",
      "--priority",
      "2",
      "--delay",
      "1h",
      "--max-retries",
      "7",
      "--timeout",
      "20s",
      "--result-ttl",
      "1d",
      "--no-keep-result",
      "--expires-in",
      "2h",
    );
    const { json } = await omniq("show", id, "--json");
    expect(json[0]).toMatchObject({
      id,
      queue,
      args: [1],
      priority: 2,
      maxRetries: 7,
      timeout: 20_000,
      resultTtl: 86_400_000,
      onSuccess: "forget",
      status: "PENDING",
    });
    expect(json[0].expiresAt - json[0].eta).toBe(3_600_000);
  });

  it("enqueue --wait prints the result, and ends as the task did", async () => {
    const well = await omniq("enqueue", "math.add", '{"a": 1, "b": 2}', "--queue", "work", "--wait=20s");
    expect({ code: well.code, result: JSON.parse(well.stdout) }).toEqual({ code: 0, result: { sum: 3 } });
    expect(well.stderr).toMatch(/^[0-9a-f-]{36}\n$/);
    const failed = await omniq(
      "enqueue",
      "test.fail",
      "{}",
      "--queue",
      "work",
      "--max-retries",
      "0",
      "--wait=20s",
      "--json",
    );
    expect(failed.code).toBe(4);
    expect(failed.json[0]).toMatchObject({
      status: "FAILED",
      error: { type: "TypeError", message: "as told" },
    });
  });

  it("ls filters, pages by its cursor, and with --all prints every page", async () => {
    const ids = [await enqueue(), await enqueue(), await enqueue()].reverse();
    const first = await omniq("ls", "--queue", queue, "--status", "pending", "--limit", "2", "--json");
    expect(first.json).toEqual([
      {
        tasks: [expect.objectContaining({ id: ids[0] }), expect.objectContaining({ id: ids[1] })],
        cursor: expect.any(String),
      },
    ]);
    const next = await omniq(
      "ls",
      "--queue",
      queue,
      "--limit",
      "1",
      "--cursor",
      first.json[0].cursor,
      "--json",
    );
    expect(next.json[0].tasks[0].id).toBe(ids[2]);
    const all = await omniq("ls", "--queue", queue, "--all", "--json");
    expect(all.json.slice(0, 3).map(({ id }) => id)).toEqual(ids);
    const text = await omniq("ls", "--queue", queue, "--limit", "1");
    expect(text.stdout).toMatch(
      /^ID +STATUS +TASK +WHEN +TRIES +QUEUE\n[0-9a-f-]{36} {2}PENDING {2}test\.noop/,
    );
    expect(text.stderr).toContain("--cursor");
  });

  it("count counts, show tells everything, and what is not there ends with 3", async () => {
    const id = await enqueue();
    const counted = await omniq("count", "--queue", queue, "--json");
    expect(counted.json[0]).toEqual({ count: expect.any(Number), examined: expect.any(Number) });
    expect((await omniq("show", id)).stdout).toMatch(/status +PENDING\n/);
    const missing = await omniq("show", newId(Date.now()));
    expect(missing).toMatchObject({ code: 3, stdout: "" });
    expect(missing.stderr).toMatch(/^task_not_found: .*\nhint: .*omniq ls/);
    const json = await omniq("show", newId(Date.now()), "--json");
    expect(JSON.parse(json.stderr)).toEqual({
      error: { code: "task_not_found", message: expect.any(String), hint: expect.any(String), exitCode: 3 },
    });
  });

  it("result ends with 5 where the task has not ended, with 4 where it was cancelled", async () => {
    const id = await enqueue("--delay", "1h");
    const waiting = await omniq("result", id, "--wait", "50ms");
    expect(waiting).toMatchObject({ code: 5, stdout: "" });
    expect(waiting.stderr).toMatch(/^not_ended: /);
    expect(await omniq("cancel", id)).toMatchObject({ code: 0, stdout: `${id}: CANCELLED\n` });
    expect(await omniq("result", id, "--json")).toMatchObject({
      code: 4,
      json: [{ taskId: id, status: "CANCELLED" }],
    });
  });

  it("cancel, retry, reschedule, change, run and delete take ids, and go on past one that cannot be", async () => {
    const ids = [await enqueue("--delay", "1h"), await enqueue("--delay", "1h")];
    expect(
      (await omniq("change", ...ids, "--to-priority", "1", "--json")).json.map(({ priority }) => priority),
    ).toEqual([1, 1]);
    expect((await omniq("reschedule", ...ids, "--delay", "2h", "--json")).json).toHaveLength(2);
    expect((await omniq("run", ...ids, "--json")).json.every(({ eta }) => eta <= Date.now() + 60_000)).toBe(
      true,
    );
    const mixed = await omniq("cancel", newId(Date.now()), ...ids);
    expect(mixed).toMatchObject({ code: 3, stdout: ids.map((id) => `${id}: CANCELLED\n`).join("") });
    expect((await omniq("retry", ids[0] ?? "", "--json")).json[0]).toMatchObject({ status: "PENDING" });
    expect(await omniq("delete", ids[1] ?? "")).toMatchObject({ code: 0, stdout: `${ids[1]}: deleted\n` });
    const again = await omniq("cancel", ids[1] ?? "");
    expect(again.code).toBe(3);
  });

  it("a filter changes what meets it, only where it is told to, and needs --yes where nobody can be asked", async () => {
    const own = `bulk ${way}`;
    for (let count = 0; count < 3; count++) await omniq("enqueue", "test.noop", "{}", "--queue", own);
    const asked = await omniq("cancel", "--queue", own);
    expect(asked).toMatchObject({ code: 2, stdout: "" });
    expect(asked.stderr).toContain("Cancel 3 tasks");
    expect((await omniq("cancel", "--queue", own, "--yes", "--json")).json).toEqual([
      { changed: 3, skipped: 0, examined: expect.any(Number), cursor: null },
    ]);
    expect(await omniq("retry", "--queue", own, "--status", "CANCELLED", "--yes")).toMatchObject({
      code: 0,
      stdout: "3 tasks retried\n",
    });
    // To repeat it changes nothing.
    expect(await omniq("retry", "--queue", own, "--status", "CANCELLED", "--yes")).toMatchObject({
      code: 0,
      stdout: "0 tasks retried\n",
    });
    expect(
      (await omniq("change", "--queue", own, "--to-queue", `${own} 2`, "--yes", "--json")).json[0].changed,
    ).toBe(3);
    expect(await omniq("run", "--queue", `${own} 2`, "--yes")).toMatchObject({
      code: 0,
      stdout: "3 tasks made due\n",
    });
    await omniq("cancel", "--queue", `${own} 2`, "--yes");
    expect(await omniq("delete", "--queue", `${own} 2`, "--yes")).toMatchObject({
      code: 0,
      stdout: "3 tasks deleted\n",
    });
  });
});
