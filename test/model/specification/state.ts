import type { Schedule } from "../../../src/core/schedule.ts";
import type { Claim, Task, TaskResult, TaskStatus } from "../../../src/core/task.ts";
import type { ModelPoint } from "./history.ts";
import type { ModelWindow } from "./unique.ts";

/** A task of the model, which changes in place. */
export type ModelTask = { -readonly [Field in keyof Task]: Task[Field] };

/** A schedule of the model, with the digest of what code declares. */
export type ModelSchedule = { -readonly [Field in keyof Schedule]: Schedule[Field] } & {
  readonly declared: string | null;
};

export interface ModelQueue {
  paused: boolean;
  concurrency: number | null;
}

/** A caller's key, with what its request was answered. */
export interface ModelKey {
  readonly fingerprint: string;
  readonly ids: readonly string[];
  readonly createdAt: number;
}

/** All that the model remembers. */
export interface State {
  readonly tasks: Map<string, ModelTask>;
  /** The results on file; a cancelled task has none of its own. */
  readonly results: Map<string, TaskResult>;
  readonly queues: Map<string, ModelQueue>;
  /** By name. */
  readonly schedules: Map<string, ModelSchedule>;
  /** By API key and key. */
  readonly keys: Map<string, ModelKey>;
  readonly purged: Set<string>;
  /** By the task that is waited for: who waits, and whether it starts whatever the end. */
  readonly edges: Map<string, Map<string, boolean>>;
  /** What each task was enqueued to wait for, as text; of a task that is gone it says nothing. */
  readonly waits: Map<string, string>;
  /** Every id that there ever was. */
  readonly known: Set<string>;
  /** By unique key. */
  readonly windows: Map<string, ModelWindow>;
  /** By queue and minute. */
  readonly history: Map<string, ModelPoint>;
  /** The tasks that hold their keys until they first start. */
  readonly pendingKeys: Set<string>;
  /** What has happened that no answer tells by its kind: programs are asked whether they meet it. */
  readonly branches: Set<string>;
  /** The duty to purge: when it is due, and where it goes on. */
  purge: { readonly dueAt: number; readonly cursor: string | null };
}

export function emptyState(): State {
  return {
    tasks: new Map(),
    results: new Map(),
    queues: new Map(),
    schedules: new Map(),
    keys: new Map(),
    purged: new Set(),
    edges: new Map(),
    waits: new Map(),
    known: new Set(),
    windows: new Map(),
    history: new Map(),
    pendingKeys: new Set(),
    branches: new Set(),
    purge: { dueAt: 0, cursor: null },
  };
}

export const WAITING: readonly TaskStatus[] = ["PENDING", "RETRYING"];
export const ACTIVE: readonly TaskStatus[] = [...WAITING, "RUNNING"];
export const FINISHED: readonly TaskStatus[] = ["SUCCESS", "FAILED", "CANCELLED"];

/** The tasks with one of these statuses, in the order of insertion: their ids tell it. */
export function tasksIn(state: State, statuses: readonly TaskStatus[]): ModelTask[] {
  return [...state.tasks.values()].filter(({ status }) => statuses.includes(status)).sort(byId);
}

export function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

/** Smallest eta first, ties in insertion order. */
export function byEta(a: ModelTask, b: ModelTask): number {
  return a.eta - b.eta || byId(a, b);
}

/** The task that a claim holds: the fence is the id, `RUNNING` and the attempt. */
export function heldBy(state: State, { id, attempts }: Claim): ModelTask | null {
  const task = state.tasks.get(id);
  return task?.status === "RUNNING" && task.attempts === attempts ? task : null;
}

/** The active task that holds a unique key. */
export function holderOf(state: State, uniqueKey: string | null): ModelTask | null {
  if (uniqueKey === null) return null;
  return tasksIn(state, ACTIVE).find((task) => task.uniqueKey === uniqueKey) ?? null;
}
