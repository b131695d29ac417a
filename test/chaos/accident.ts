/** The accident that a fence is there for, step by step: chance brings it about too seldom to miss the fence by it. */
import type { ClaimedTask } from "../../src/core/task.ts";
import type { Driver } from "../../src/storage/driver.ts";
import { json, NOW, newTask } from "../support/tasks.ts";
import type { HistoryEvent } from "./history.ts";
import { RecordedStorage, Recorder } from "./recorder.ts";

const LEASE = 120_000;

/** A worker sleeps through the end of its lease, and writes what it had done while another runs the task. */
export async function comeBackLate(driver: Driver): Promise<{ history: HistoryEvent[]; now: number }> {
  const history: HistoryEvent[] = [];
  let now = NOW;
  const client = (name: string) => {
    const recorder = new Recorder(
      name,
      (event) => history.push(event),
      () => (now += 1),
    );
    return { recorder, storage: new RecordedStorage(driver, recorder) };
  };
  const [sleeper, heir] = [client("sleeper"), client("heir")];
  const finish = ({ recorder, storage }: typeof heir, task: ClaimedTask) => {
    const result = { by: recorder.process };
    recorder.ended(task, result);
    return storage.settleMany([{ ...task, kind: "done", result: json(result) }], now);
  };
  const claim = () => ({ now, limit: 1, leaseExpiresAt: now + LEASE });

  await sleeper.storage.enqueueMany([newTask({ eta: now })], now);
  const [asleep] = await sleeper.storage.claimMany(claim());
  if (asleep === undefined) throw new Error("expected a claim of what is due");
  sleeper.recorder.started(asleep);
  now += 2 * LEASE;
  await heir.storage.rescueMany(now, () => 0);
  const rescued = await heir.storage.claimQuarantined(claim());
  if (rescued === null) throw new Error("expected a claim of what was rescued");
  heir.recorder.started(rescued);
  await finish(sleeper, asleep);
  await finish(heir, rescued);
  return { history, now };
}
