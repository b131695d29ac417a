import { newId } from "../../src/core/id.ts";
import { createQueue } from "../../src/core/queue.ts";
import type { Driver } from "../../src/storage/driver.ts";
import { NOW } from "../support/tasks.ts";
import type { Acted } from "./accident.ts";
import { createSchedules, disableSchedules, type Input } from "./features.ts";
import type { HistoryEvent } from "./history.ts";
import { RecordedStorage, Recorder } from "./recorder.ts";
import { chaosTask } from "./workload.ts";

const HOUR = 3_600_000;

/** One client uses each feature once, and no fault befalls it: no more than a bug in the statements takes to show. */
export async function useFeatures(driver: Driver): Promise<Acted> {
  const history: HistoryEvent[] = [];
  let now = NOW;
  const recorder = new Recorder(
    "one",
    (event) => history.push(event),
    () => (now += 1),
  );
  const task = chaosTask(recorder);
  const storage = new RecordedStorage(driver, recorder);
  const queue = createQueue({ storage, tasks: [task], now: () => now, random: () => 0.5 });
  const input = (behaviour: Input["behaviour"], version = 0): Input => ({ behaviour, version });
  const pass = async (milliseconds: number) => {
    now += milliseconds;
    await queue.drain({ concurrency: 5 });
  };

  await createSchedules(queue, task);
  const { id: parent } = await queue.enqueue(task, input("succeed"), { delay: HOUR });
  const { id: failing } = await queue.enqueue(task, input("fail-for-good"), { delay: HOUR });
  await queue.enqueue(task, input("succeed"), { after: [parent] });
  await queue.enqueue(task, input("succeed"), { after: [failing] });
  await queue.enqueue(task, input("spawn"), {});
  await queue.enqueue(task, input("succeed"), { expiresIn: 100, delay: 50 });
  await queue.enqueue(task, input("fail-once"), { deleteOnSuccess: true, maxRetries: 1 });
  await queue.enqueue(task, input("succeed"), { keepResult: false });
  const take = (uniqueKey: string, unique: object, version: number) =>
    queue.enqueue(task, input("fail-once", version), { uniqueKey, unique, maxRetries: 1 });
  await take("held", {}, 1);
  await take("window", { within: 60_000 }, 1);
  await take("replaced", { onConflict: "replace" }, 1);
  await take("replaced", { onConflict: "replace" }, 2);
  await pass(3_000);
  await take("held", {}, 2);
  await pass(10_000);
  await take("window", { within: 60_000 }, 2);
  await pass(10_000);
  await disableSchedules(queue);
  for (let round = 0; round < 5; round++) await pass(HOUR);
  return { history, now };
}

/** Two ticks read that a schedule is due before either of them has fired it. */
export async function overlapTicks(driver: Driver): Promise<Acted> {
  const history: HistoryEvent[] = [];
  const recorder = new Recorder(
    "one",
    (event) => history.push(event),
    () => NOW,
  );
  const task = chaosTask(recorder);
  const storage = new RecordedStorage(driver, recorder);
  const queue = createQueue({ storage, tasks: [task], now: () => NOW });
  await createSchedules(queue, task);
  const now = NOW + 1_000;
  const { due } = await storage.schedules.findDue(now);
  for (let tick = 0; tick < 2; tick++) {
    const firings = due.flatMap(({ name, nextAt, updatedAt }) => {
      if (nextAt === null) return [];
      const tasks = [{ id: newId(now), eta: now + 60_000, scheduledFor: nextAt }];
      return [{ name, dueAt: nextAt, updatedAt, nextAt: nextAt + 1_000, uniqueKey: null, tasks }];
    });
    await storage.schedules.fireMany(firings, now);
  }
  return { history, now };
}
