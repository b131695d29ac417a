/** Tasks that behave in every way a task can, and a producer and an operator who keep a queue busy. */
import { AMBIENT } from "../../src/core/ambient.ts";
import { NonRetryable, Snooze } from "../../src/core/control.ts";
import { OmniqError, StorageUnavailable } from "../../src/core/errors.ts";
import { newId } from "../../src/core/id.ts";
import { type EnqueueRequest, enqueueRequest } from "../../src/core/prepare.ts";
import type { Queue } from "../../src/core/queue.ts";
import { defineTask, type TaskDefinition } from "../../src/core/registry.ts";
import type { EnqueueReceipt } from "../../src/core/storage.ts";
import type { TestDatabase } from "../support/database.ts";
import { disableSchedules, type Input } from "./features.ts";
import type { Recorder } from "./recorder.ts";

/** What a task does when it is run. */
export type Behaviour =
  | "succeed"
  | "fail-once"
  | "fail"
  | "fail-for-good"
  | "snooze"
  | "take-time"
  | "take-long"
  | "hang"
  | "spawn"
  | "return-rubbish";

const BEHAVIOURS: readonly (readonly [Behaviour, weight: number])[] = [
  ["succeed", 60],
  ["fail-once", 8],
  ["fail", 5],
  ["fail-for-good", 4],
  ["snooze", 4],
  ["take-time", 14],
  ["take-long", 3],
  ["hang", 2],
  ["return-rubbish", 3],
];

/** The queue whose concurrency is limited. */
export const LIMITED = "limited";
export const LIMIT = 3;
/** The queue that is paused at times. */
const PAUSED = "mail";
const QUEUES = ["default", PAUSED, LIMITED];

/** The one task there is; the recorder hears of each run. */
export function chaosTask(recorder: Recorder): TaskDefinition<Input> {
  const chaos: TaskDefinition<Input> = defineTask<Input>("chaos.task", {
    run: async (input, { task, signal, enqueue }) => {
      recorder.started(task, input);
      let returned: unknown;
      try {
        if (input.behaviour === "spawn") {
          const child = { behaviour: "succeed" } as const;
          for (const version of [1, 2, 3])
            await untilAnswered(() => enqueue(chaos, { ...child, version }), signal);
        }
        returned = await behave(input.behaviour, task, signal);
        return returned;
      } finally {
        recorder.ended(task, returned);
      }
    },
  });
  return chaos;
}

/** A handler that waits for the database itself, where else its attempt would pay for it. */
async function untilAnswered(attempt: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      await sleep(50, signal);
    }
  }
}

async function behave(
  behaviour: Behaviour,
  { id, attempts, failures }: { id: string; attempts: number; failures: number },
  signal: AbortSignal,
): Promise<unknown> {
  const done = { by: `${id} ${attempts}` };
  switch (behaviour) {
    case "succeed":
      return done;
    case "fail-once":
    case "spawn":
      if (failures === 0) throw new Error("the first failure");
      return done;
    case "fail":
      throw new Error("as always");
    case "fail-for-good":
      throw new NonRetryable("no retry mends this");
    case "snooze":
      if (attempts % 2 === 1) throw new Snooze(100);
      return done;
    case "take-time":
      await sleep(20 + (attempts % 4) * 60, signal);
      return done;
    case "take-long":
      await sleep(1_500, signal);
      return done;
    case "hang":
      await sleep(3_600_000, signal);
      return done;
    case "return-rubbish":
      return { when: new Date(0) };
  }
}

/** Ends early, with its reason, where the signal says so. */
function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
  });
}

/** A batch of requests of every kind. */
export function anyRequests(
  task: TaskDefinition<Input>,
  random: () => number,
  most: number,
): EnqueueRequest[] {
  const count = random() < 0.5 ? 1 : 1 + Math.floor(random() * most);
  return Array.from({ length: count }, () => anyRequest(task, random));
}

function anyRequest(task: TaskDefinition<Input>, random: () => number): EnqueueRequest {
  const behaviour = anyBehaviour(random);
  const options = {
    queue: pick(QUEUES, random),
    priority: Math.floor(random() * 10),
    maxRetries: Math.floor(random() * 4),
    timeout: behaviour === "take-long" ? 5_000 : 1_000,
    ...(random() < 0.2 ? { delay: Math.floor(random() * 1_000) } : {}),
    ...(random() < 0.1 ? { uniqueKey: `key ${Math.floor(random() * 20)}` } : {}),
    ...(random() < 0.02 ? { interval: 200 + Math.floor(random() * 800), uniqueKey: undefined } : {}),
  };
  return enqueueRequest(task, { behaviour }, options);
}

function anyBehaviour(random: () => number): Behaviour {
  let left = random() * BEHAVIOURS.reduce((sum, [, weight]) => sum + weight, 0);
  const found = BEHAVIOURS.find(([, weight]) => {
    left -= weight;
    return left < 0;
  });
  return found?.[0] ?? "succeed";
}

/**
 * Enqueues them. Some bear ids of their own and come again, as they do where a client had no patience for the answer.
 *
 * @returns the ids that it is told
 */
export async function enqueue(
  queue: Queue,
  requests: readonly EnqueueRequest[],
  random: () => number,
  now: number,
): Promise<string[]> {
  const send = (sent: readonly EnqueueRequest[]) => patiently(() => queue.enqueueMany(sent));
  if (random() < 0.8) return idsOf(await send(requests));
  const sent = requests.map(({ options, ...request }) => ({
    ...request,
    options: { ...options, id: newId(Math.floor(now)) },
  }));
  const first = await send(sent);
  await AMBIENT.sleep(random() * 200);
  return idsOf((await send(sent)) ?? first);
}

function idsOf(receipts: readonly EnqueueReceipt[] | null): string[] {
  return (receipts ?? []).map(({ id }) => id);
}

/** One thing that an operator does; that a task's status forbids it is no fault. */
export async function operate(
  queue: Queue,
  ids: readonly string[],
  random: () => number,
  now: number,
): Promise<void> {
  const id = ids.length === 0 ? undefined : pick(ids, random);
  const dice = random();
  if (id === undefined || dice < 0.1) return queue.configureQueue(LIMITED, { concurrency: LIMIT });
  if (dice < 0.2) return queue.configureQueue(PAUSED, { paused: random() < 0.3 });
  if (dice < 0.5) await queue.cancel(id);
  else if (dice < 0.8) await queue.retry(id);
  else await queue.reschedule(id, now + Math.floor(random() * 500));
}

/** Ends what would go on for ever: the pause, the schedules and the interval tasks. */
export async function calmDown(queue: Queue, database: TestDatabase): Promise<void> {
  const endless = `SELECT id FROM tasks WHERE interval IS NOT NULL AND status IN ('PENDING', 'RETRYING', 'RUNNING')`;
  await disableSchedules(queue);
  await queue.configureQueue(PAUSED, { paused: false });
  for (const { id } of await database.sql(endless)) await patiently(() => queue.cancel(String(id)));
}

/** What the queue refuses, or could not do, is the caller's to know; the history has it. */
export async function patiently<T>(attempt: () => Promise<T>): Promise<T | null> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof OmniqError) return null;
    throw error;
  }
}

export function pick<T>(values: readonly T[], random: () => number): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error("there is something to pick from");
  return value;
}
