/** Tasks that wait for others, are unique, expire, are not kept, or come from a schedule. */
import { newId } from "../../src/core/id.ts";
import { type EnqueueRequest, enqueueRequest, type TaskOptions } from "../../src/core/prepare.ts";
import type { Queue } from "../../src/core/queue.ts";
import type { TaskDefinition } from "../../src/core/registry.ts";
import { schedule } from "../../src/core/schedule.ts";
import type { UniqueOptions } from "../../src/core/unique.ts";
import type { Behaviour } from "./workload.ts";

/** What the one task there is takes. */
export interface Input {
  readonly behaviour: Behaviour;
  /** Tells payloads apart. */
  readonly version?: number;
}

/** Ways to the queue, by what may befall what is sent by them. */
export interface Ways {
  /** Every fault. */
  readonly producer: Queue;
  /** All but a delivery that comes again much later: a replacement would be made again. */
  readonly prompt: Queue;
  /** None: what its success has deleted would be there again where its enqueue came twice. */
  readonly quiet: Queue;
}

/** Long enough for an enqueue that is sent again. */
const DELETED_AFTER = 3_000;
const WINDOW = 2_000;
const SCHEDULES = [
  ["all", 1_000, "all"],
  ["last", 1_000, "last"],
  ["rare", 7_000, "all"],
] as const;

/** @param ids tasks that may be waited for */
export async function enqueueFeature(
  { producer, prompt, quiet }: Ways,
  task: TaskDefinition<Input>,
  ids: readonly string[],
  random: () => number,
  now: number,
): Promise<unknown> {
  const request = (options: TaskOptions, input: Partial<Input> = {}) =>
    enqueueRequest(task, { behaviour: random() < 0.2 ? "fail-for-good" : "succeed", ...input }, options);
  const dice = random();
  if (dice < 0.25) return producer.enqueueMany(anyWaiters(request, ids, random, now));
  if (dice < 0.4) {
    const spawn = { behaviour: "spawn", version: Math.floor(random() * 2) } as const;
    return producer.enqueueMany([request({ maxRetries: 3 }, spawn), request({ maxRetries: 3 }, spawn)]);
  }
  if (dice < 0.7) return prompt.enqueueMany(anyUnique(request, random));
  if (dice < 0.85)
    return producer.enqueueMany([
      request({ expiresIn: 1 + Math.floor(random() * 300), delay: Math.floor(random() * 300) }),
      request({ expiresIn: 200 + Math.floor(random() * 2_000), maxRetries: 3 }, { behaviour: "fail" }),
    ]);
  const ending = { behaviour: random() < 0.3 ? "fail-once" : "succeed" } as const;
  return quiet.enqueueMany([
    request({ deleteOnSuccess: true, delay: DELETED_AFTER, maxRetries: 1 }, ending),
    request({ keepResult: false, maxRetries: 1 }, ending),
  ]);
}

type MakeRequest = (options: TaskOptions, input?: Partial<Input>) => EnqueueRequest;

/** For some of the last ones, and for each other within a batch. */
function anyWaiters(
  request: MakeRequest,
  ids: readonly string[],
  random: () => number,
  now: number,
): EnqueueRequest[] {
  const afterFailure = random() < 0.5 ? "cancel" : "start";
  const [first, second] = [newId(Math.floor(now)), newId(Math.floor(now))];
  const after = ids.filter(() => random() < 2 / ids.length).slice(0, 5);
  return [
    request({ id: first, ...(after.length > 0 ? { after, afterFailure } : {}) }, { behaviour: "take-time" }),
    request({ id: second, after: [first], afterFailure }),
    request({ after: [first, second], afterFailure: random() < 0.5 ? "cancel" : "start" }),
  ];
}

/** Several of one key, so that they meet each other as well as those of before. */
function anyUnique(request: MakeRequest, random: () => number): EnqueueRequest[] {
  const kinds: readonly (readonly [string, UniqueOptions])[] = [
    ["active", {}],
    ["pending", { while: "pending" }],
    ["window", { within: WINDOW }],
    ["replace", { onConflict: "replace" }],
    ["replace pending", { while: "pending", onConflict: "replace" }],
    ["debounce", { while: "pending", debounce: 1_000 }],
  ];
  const [kind, unique] = kinds[Math.floor(random() * kinds.length)] ?? kinds[0] ?? ["active", {}];
  const uniqueKey = `${kind} ${Math.floor(random() * 2)}`;
  return Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
    const version = Math.floor(random() * 1_000_000);
    const behaviour = random() < 0.7 ? "succeed" : "take-time";
    return request(
      { uniqueKey, unique, delay: Math.floor(random() * 200), maxRetries: 3 },
      { version, behaviour },
    );
  });
}

/** Schedules that fire until {@link disableSchedules}. */
export async function createSchedules(queue: Queue, task: TaskDefinition<Input>): Promise<void> {
  for (const [name, every, catchUp] of SCHEDULES)
    await queue.schedules.create(
      schedule(name, { every }, task, { behaviour: "succeed" }, { catchUp, catchUpLimit: 1_000 }),
    );
}

export async function disableSchedules(queue: Queue): Promise<void> {
  for (const [name] of SCHEDULES) await queue.schedules.disable(name);
}
