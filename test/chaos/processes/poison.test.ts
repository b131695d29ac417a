import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { enqueueRequest } from "../../../src/core/prepare.ts";
import { createQueue } from "../../../src/core/queue.ts";
import { SqliteStorage } from "../../../src/storage/sqlite.ts";
import { temporaryFolder } from "../../support/libsql.ts";
import { readFinalState } from "../final-state.ts";
import type { HistoryEvent } from "../history.ts";
import { Recorder } from "../recorder.ts";
import { chaosTask } from "../workload.ts";
import { openFile } from "./databases.ts";
import { Fleet } from "./fleet.ts";
import { clockOffset, readJournals } from "./journal.ts";
import { poisonPill } from "./pill.ts";

const database = await openFile();
const folder = await temporaryFolder();
const nobody = new Recorder("nobody", () => {}, Date.now);
const [task, pill] = [chaosTask(nobody), poisonPill(nobody)];
const queue = createQueue({ storage: new SqliteStorage(database.connect()) });

const settings = { workers: 2, folder: folder.path, offset: clockOffset(), lease: 1_000 };
const fleet = new Fleet({ ...settings, urlOf: database.urlOf, skewOf: () => 0 });
afterAll(async () => {
  fleet.killAll();
  await folder.remove();
  await database.close();
});

describe("a task that kills its process, among tasks that may fail no time", () => {
  it("spends its own retries alone, and its neighbours succeed", { timeout: 120_000 }, async () => {
    const requests = Array.from({ length: 60 }, (_, index) =>
      index % 25 === 4
        ? enqueueRequest(pill, {}, { maxRetries: index === 4 ? 0 : 1 })
        : enqueueRequest(task, { behaviour: "take-time" }, { maxRetries: 0 }),
    );
    const ids = (await queue.enqueueMany(requests)).map(({ id }) => id);
    const pills = ids.filter((_, index) => requests[index]?.task === pill);
    const unfinished = "SELECT 1 FROM tasks WHERE status NOT IN ('SUCCESS', 'FAILED') LIMIT 1";
    while ((await database.database.sql(unfinished)).length > 0) await pause(100);
    await fleet.close();
    expect(fleet.accidents).toEqual([]);

    const { tasks } = await readFinalState(Date.now(), database.database);
    const swallowed = tasks.filter(({ id }) => pills.includes(id));
    expect(swallowed.map(({ status, failures }) => [status, failures])).toEqual([
      ["FAILED", 1],
      ["FAILED", 2],
      ["FAILED", 2],
    ]);
    for (const neighbour of tasks.filter(({ id }) => !pills.includes(id)))
      expect(neighbour).toMatchObject({ status: "SUCCESS", failures: 0 });

    const history = await readJournals(fleet.journals);
    for (const id of pills) {
      const starts = history.filter((event) => event.type === "start" && event.id === id);
      expect(starts.length).toBeGreaterThan(1);
      for (const start of starts.slice(1)) expect(besides(start, history)).toEqual([]);
    }
    // The first time it took others with it: their crash was not theirs.
    expect(tasks.filter(({ id, attempts }) => attempts > 1 && !pills.includes(id)).length).toBeGreaterThan(0);
  });
});

/** What ran in the same process at the same moment. */
function besides(start: HistoryEvent, history: readonly HistoryEvent[]): string[] {
  if (start.type !== "start") return [];
  const running = new Set<string>();
  for (const event of history.slice(0, history.indexOf(start))) {
    if ((event.type !== "start" && event.type !== "end") || event.process !== start.process) continue;
    if (event.type === "start") running.add(event.id);
    else running.delete(event.id);
  }
  return [...running];
}
