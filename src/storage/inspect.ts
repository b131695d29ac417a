import {
  FAILURES_EXAMINED,
  type FailureFilter,
  type FailureGroup,
  type FailurePage,
  type InspectorStorage,
  LEASES_SHOWN,
  type Lease,
  type LeaseKey,
  QUEUES_SHOWN,
  type QueueStanding,
  toLeaseCursor,
} from "../core/inspector.ts";
import { parseJson } from "../core/json.ts";
import type { Depth, Page } from "../core/storage.ts";
import type { Databases } from "./databases.ts";
import type { FailureRow, LeaseRow } from "./statements/inspect.ts";
import { MAX_DEPTH } from "./statements/read.ts";

/** Sorts after every UUID. */
const AFTER_ALL = "g";

/** Rows that one page of queues reads at most, and how many of them it takes to find a queue. */
const READ = 1_850;
const READ_TO_FIND = 40;

/** So many of each queue are counted for certain. */
const COUNTED_FIRST = 12;

/** Shows operators how things stand. */
export function makeInspector(databases: Databases): InspectorStorage {
  return {
    queues: (after, now) => pageOfQueues(databases, after, now),
    failures: (filter, before) => groupFailures(databases, filter, before),
    leases: (after) => listLeases(databases, after),
  };
}

async function pageOfQueues(
  databases: Databases,
  after: string | null,
  now: number,
): Promise<Page<QueueStanding>> {
  const { tasks, sql } = databases;
  const found = await tasks.read(sql.findQueuesAfter({ after: after ?? "", now }));
  const shown = found.slice(0, QUEUES_SHOWN);
  const counts = await countQueues(
    databases,
    shown.map(({ name }) => name),
  );
  return {
    items: shown.map(({ name, paused, concurrency, oldest_due_age: oldestDueAge }) => {
      const { waiting = NONE, running = NONE } = counts.get(name) ?? {};
      return { name, waiting, running, oldestDueAge, paused: paused === 1, concurrency };
    }),
    cursor: found.length > QUEUES_SHOWN ? (shown.at(-1)?.name ?? null) : null,
  };
}

type Counts = { readonly waiting: Depth; readonly running: Depth };

const NONE: Depth = { depth: 0, more: false };

/** Counts a little of each, then more of those that have more: so that few large queues are counted well, and many at little cost. */
async function countQueues(databases: Databases, names: readonly string[]): Promise<Map<string, Counts>> {
  const first = { waiting: COUNTED_FIRST, running: COUNTED_FIRST };
  const counts = await countUpTo(databases, names, first);
  const found = [...counts.values()];
  const [waiting, running] = [
    found.filter(({ waiting }) => waiting.more).length,
    found.filter(({ running }) => running.more).length,
  ];
  if (waiting + running === 0) return counts;
  const left = READ - READ_TO_FIND - names.length * (READ_TO_FIND + 4 * COUNTED_FIRST);
  const most = toRound(
    Math.max(COUNTED_FIRST, Math.min(MAX_DEPTH, Math.floor(left / (waiting + running)) - 2)),
  );
  const large = names.filter((name) => {
    const { waiting, running } = counts.get(name) ?? {};
    return waiting?.more === true || running?.more === true;
  });
  const more = { waiting: most, running: running === 0 ? COUNTED_FIRST : most };
  return new Map([...counts, ...(await countUpTo(databases, large, more))]);
}

/** Where a count ends is shown to people: `350+` says as much as `362+`. */
function toRound(most: number): number {
  const step = most > 100 ? 50 : most > 20 ? 10 : 1;
  return most - (most % step);
}

async function countUpTo(
  { tasks, sql }: Databases,
  names: readonly string[],
  most: { readonly waiting: number; readonly running: number },
): Promise<Map<string, Counts>> {
  const rows = await tasks.read(
    sql.countQueues({
      names: JSON.stringify(names),
      mostWaiting: most.waiting + 1,
      mostRunning: most.running + 1,
    }),
  );
  return new Map(
    rows.map(({ name, waiting, running }) => [
      name,
      { waiting: toDepth(waiting, most.waiting), running: toDepth(running, most.running) },
    ]),
  );
}

function toDepth(count: number, most: number): Depth {
  return { depth: Math.min(count, most), more: count > most };
}

async function groupFailures(
  { tasks, sql }: Databases,
  filter: FailureFilter,
  before: string | null,
): Promise<FailurePage> {
  const rows = await tasks.read(sql.listFailures({ before: before ?? AFTER_ALL }));
  return {
    items: toGroups(rows.filter((row) => meets(row, filter))),
    examined: rows.length,
    cursor: rows.length < FAILURES_EXAMINED ? null : (rows.at(-1)?.id ?? null),
  };
}

function meets(row: FailureRow, { queue, funcPath, errorType }: FailureFilter): boolean {
  return (
    (queue === undefined || row.queue === queue) &&
    (funcPath === undefined || row.func_path === funcPath) &&
    (errorType === undefined || row.error_type === errorType)
  );
}

/** The most tasks first, then what failed last. */
function toGroups(rows: readonly FailureRow[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const { queue, func_path: funcPath, error_type: errorType, updated_at } of rows) {
    const key = JSON.stringify([queue, funcPath, errorType]);
    const { count = 0, lastAt = 0 } = groups.get(key) ?? {};
    const group = { queue, funcPath, errorType };
    groups.set(key, { ...group, count: count + 1, lastAt: Math.max(lastAt, updated_at) });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || b.lastAt - a.lastAt);
}

async function listLeases({ tasks, sql }: Databases, after: LeaseKey | null): Promise<Page<Lease>> {
  const start = after ?? { queue: "", leaseExpiresAt: 0, id: "" };
  const rows = await tasks.read(
    sql.listLeases({ queue: start.queue, leaseExpiresAt: start.leaseExpiresAt, id: start.id }),
  );
  const items = rows.map(toLease);
  const last = items.length < LEASES_SHOWN ? undefined : items.at(-1);
  return { items, cursor: last === undefined ? null : toLeaseCursor(last) };
}

function toLease(row: LeaseRow): Lease {
  return {
    id: row.id,
    queue: row.queue,
    funcPath: row.func_path,
    attempts: row.attempts,
    maxRetries: row.max_retries,
    worker: row.claimed_by === null ? null : (row.claimed_by.split(":")[0] ?? null),
    leaseExpiresAt: row.lease_expires_at,
    lastAttemptAt: row.last_attempt_at,
    progress: row.progress === null ? null : parseJson(row.progress),
  };
}
