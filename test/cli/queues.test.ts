import { beforeAll, describe, expect, it } from "vitest";
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

  it("queues, pause, resume and queues set", async () => {
    await enqueue();
    expect((await omniq("pause", queue, "--json")).json[0]).toMatchObject({ name: queue, paused: true });
    const { json } = await omniq("queues", "--json");
    expect(json[0].queues).toContainEqual(
      expect.objectContaining({ name: queue, paused: true, concurrency: null }),
    );
    expect((await omniq("queues")).stdout).toMatch(new RegExp(`${queue}.*paused`));
    expect((await omniq("resume", queue)).stdout).toContain(`${queue}: active`);
    expect((await omniq("queues", "set", queue, "--concurrency", "5", "--json")).json[0]).toMatchObject({
      concurrency: 5,
      paused: false,
    });
    expect((await omniq("queues", "set", queue, "--concurrency", "none", "--json")).json[0]).toMatchObject({
      concurrency: null,
    });
  });

  it("schedules: list, next, enable, disable, run and delete", async () => {
    const name = `nightly ${way}`;
    await site.queue().schedules.create({ name, cron: "0 3 * * *", funcPath: "test.noop", queue });
    expect((await omniq("schedules", "--json")).json[0].schedules).toContainEqual(
      expect.objectContaining({ name, enabled: true }),
    );
    const next = await omniq("schedules", "next", name, "--count", "2", "--json");
    expect(next.json[0]).toEqual({ name, firings: [expect.any(Number), expect.any(Number)] });
    expect((await omniq("schedules", "next", name)).stdout).toMatch(/^\d{4}-\d\d-\d\d 03:00:00Z {2}in /);
    expect((await omniq("schedules", "disable", name)).stdout).toBe(`${name}: disabled\n`);
    expect((await omniq("schedules")).stdout).toMatch(
      new RegExp(`${name}.*disabled: disabled by an operator`),
    );
    expect((await omniq("schedules", "enable", name, "--json")).json[0]).toMatchObject({
      name,
      enabled: true,
    });
    const reason = "the provider is down";
    const disabled = await omniq("schedules", "disable", name, "--reason", reason, "--json");
    expect(disabled.json[0]).toMatchObject({ name, enabled: false, disabledReason: reason });
    expect((await omniq("schedules", "run", name, "--json")).json[0]).toEqual({
      id: expect.any(String),
      duplicate: false,
    });
    expect((await omniq("schedules", "delete", name)).code).toBe(0);
    expect((await omniq("schedules", "run", name)).code).toBe(3);
  });

  it("purge removes what ended long ago", async () => {
    const id = await enqueue();
    await omniq("cancel", id);
    expect((await omniq("purge", "--older-than", "1h", "--yes", "--json")).json[0]).toEqual({
      purged: 0,
      cursor: null,
    });
    expect((await omniq("purge", "--older-than", "0s")).code).toBe(2);
    const { code, stdout } = await omniq("purge", "--older-than", "0s", "--yes");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^[1-9]\d* tasks? removed\n$/),
    });
    expect((await omniq("show", id)).code).toBe(3);
  });

  it("stats tells depth, what runs, rates and times; --watch without a terminal prints a document a line", async () => {
    await enqueue();
    await omniq("enqueue", "math.add", '{"a": 1, "b": 2}', "--queue", "work", "--wait=20s");
    await expect
      .poll(async () => (await omniq("stats", "--json")).json[0].total.rates?.attempts ?? 0, {
        timeout: 20_000,
      })
      .toBeGreaterThan(0);
    const watched = await omniq("stats", "--watch", "--interval", "10ms", "--times", "2");
    expect(watched.json).toHaveLength(2);
    const [sample] = watched.json;
    expect(Object.keys(sample)).toEqual(["at", "queues", "total", "minutes"]);
    expect(Object.keys(sample.total)).toEqual(["depth", "more", "running", "oldestDueAge", "rates"]);
    expect(sample.queues).toContainEqual(
      expect.objectContaining({ name: queue, depth: expect.any(Number), rates: null }),
    );
    expect(sample.minutes).toHaveLength(60);
    const { stdout } = await omniq("stats");
    expect(stdout).toMatch(
      /QUEUE +WAITING +RUNNING +OLDEST DUE +DONE\/MIN +FAILED\/MIN +RETRIED\/MIN +P50 +P95/,
    );
  });

  it("doctor says that all is well", async () => {
    const { code, json } = await omniq("doctor", "--json");
    const names = json[0].checks.map(({ name }: { name: string }) => name);
    expect({ code, ok: json[0].ok }).toEqual({ code: 0, ok: true });
    expect(names).toEqual(
      expect.arrayContaining([
        "configuration",
        "query budget",
        "reach",
        "schema",
        "key",
        "clock",
        "schedules",
        "dead letters",
      ]),
    );
    expect((await omniq("doctor")).stdout).toContain("All is well.");
  });
});
