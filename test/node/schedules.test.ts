import { afterAll, describe, expect, it } from "vitest";
import type { QueueEvent } from "../../src/core/events.ts";
import { SILENT } from "../../src/core/log.ts";
import { defineTask } from "../../src/core/registry.ts";
import { schedule } from "../../src/core/schedule.ts";
import { createRunner } from "../../src/node/runner.ts";
import { libsqlStorage } from "../../src/storage/libsql.ts";
import { until } from "../core/engine/context.ts";
import { temporaryFolder } from "../support/libsql.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());
const task = defineTask("test.noop", { run: () => null });

describe("two runners with schedules", () => {
  it("fire each second once between them, on time", async () => {
    const events: QueueEvent[] = [];
    const runners = [1, 2].map(() =>
      createRunner({
        storage: libsqlStorage({ url: `file:${folder.path}/queue.db` }),
        tasks: [task],
        schedules: [schedule("often", "* * * * * *", task, {})],
        ...{ log: SILENT, signals: false, app: "runner", onEvent: (event: QueueEvent) => events.push(event) },
      }),
    );
    const running = runners.map((runner) => runner.run());
    const fired = () => events.filter((event) => event.type === "schedule.fired");
    await until(() => fired().length >= 4);
    await Promise.all(runners.map((runner) => runner.stop()));
    await Promise.all(running);
    const moments = fired().flatMap(({ firedFor }) => firedFor);
    expect(new Set(moments).size).toBe(moments.length);
    expect(moments.every((at) => at % 1_000 === 0)).toBe(true);
    expect(events.filter(({ type }) => type === "schedule.refused")).toEqual([]);
  });
});
