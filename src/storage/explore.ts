import { StorageRejected } from "../core/errors.ts";
import {
  type ExplorerStorage,
  type RelatedTask,
  SEARCH_EXAMINED,
  type Search,
  type SearchPage,
  type TaskSummary,
} from "../core/explorer.ts";
import { firstIdAt, ID_AHEAD, idTime } from "../core/id.ts";
import { parseJson } from "../core/json.ts";
import type { Depth } from "../core/storage.ts";
import type { TaskStatus } from "../core/task.ts";
import type { Databases } from "./databases.ts";
import { toPoint } from "./history.ts";
import { MAX_COUNT } from "./statements/backlog.ts";
import { FEW, type FoundRow, type RelatedRow, type SummaryRow } from "./statements/explore.ts";
import { MAX_DEPTH } from "./statements/read.ts";
import type { Statements } from "./statements.ts";

/** Sorts after every UUID. */
const AFTER_ALL = "g";

/** Looks around among the tasks; each call reads a bounded number of rows. */
export function makeExplorer({ tasks, sql }: Databases): ExplorerStorage {
  return {
    async search(search: Search): Promise<SearchPage> {
      const { status, queue, funcPath, schedule, text, hidden, limit } = search;
      const range = rangeOf(search);
      if ([status, queue, funcPath, schedule, text].every((condition) => condition === null)) {
        const items = (await tasks.read(sql.findNewest({ ...range, limit }))).map(toSummary);
        return {
          items,
          examined: items.length,
          cursor: items.length < limit ? null : (items.at(-1)?.id ?? null),
        };
      }
      const escaped = text === null ? null : JSON.stringify(text).slice(1, -1);
      const conditions = {
        status,
        queue,
        funcPath,
        schedule,
        text,
        escaped,
        hidden: JSON.stringify(hidden),
        limit,
      };
      const among = status === null ? undefined : few(sql)[status];
      if (among !== undefined) {
        const page = toPage(await tasks.read(among({ ...range, ...conditions })), limit);
        // There are no more of them than were looked at.
        if (page.examined < FEW) return page;
      }
      const find = status === "FAILED" ? sql.searchFailed : sql.searchTasks;
      return toPage(await tasks.read(find({ ...range, ...conditions })), limit);
    },

    async relations({ id, awaits }) {
      // What it waits for is older than it, or of the same batch.
      const before = firstIdAt(idTime(id) + ID_AHEAD);
      const [children, awaited, dependents] = await Promise.all([
        tasks.read(sql.findChildren({ id })),
        awaits === 0 ? [] : tasks.read(sql.findAwaited({ id, before })),
        tasks.read(sql.findDependents({ id })),
      ]);
      return {
        children: children.map(toRelated),
        awaits: awaited.map(toRelated),
        awaitedBy: dependents.map(toRelated),
      };
    },

    async backlog(now) {
      const [row] = await tasks.read(sql.countBacklog({ now }));
      if (row === undefined) throw new StorageRejected("the count of the backlog returned no row");
      const { waiting, running, held, failed, oldest_queue: queue, oldest_age: age } = row;
      return {
        waiting: toDepth(waiting, MAX_DEPTH),
        running: toDepth(running, MAX_COUNT),
        held: toDepth(held, MAX_COUNT),
        failed: toDepth(failed, MAX_COUNT),
        oldest: queue === null || age === null ? null : { queue, age },
      };
    },

    async backlogAt(minutes) {
      const rows = await tasks.read(sql.readBacklogAt({ minutes: JSON.stringify(minutes) }));
      return rows.map(({ minute, waiting, oldest_age: oldestAge }) => ({ minute, waiting, oldestAge }));
    },

    async historyNames() {
      return (await tasks.read(sql.findHistoryNames({}))).map(({ name }) => name);
    },

    async historyBetween(queues, from, to, limit) {
      const rows = await tasks.read(
        sql.readHistoryBetween({ queues: JSON.stringify(queues), from, to, limit }),
      );
      return rows.map(toPoint);
    },

    async historyAt(queues, minutes) {
      const lists = { queues: JSON.stringify(queues), minutes: JSON.stringify(minutes) };
      return (await tasks.read(sql.readHistoryAt(lists))).map(toPoint);
    },

    async queueNames() {
      return (await tasks.read(sql.findQueueNames({}))).map(({ name }) => name);
    },
  };
}

/** Where tasks of a status lie apart from those that have ended. */
function few({
  searchRunning,
  searchWaiting,
}: Statements): Partial<Record<TaskStatus, typeof searchRunning>> {
  return { RUNNING: searchRunning, PENDING: searchWaiting, RETRYING: searchWaiting };
}

function toPage(rows: readonly FoundRow[], limit: number): SearchPage {
  const items = rows.filter((row) => row.id !== null).map(toSummary);
  const { edge = null, examined = 0 } = rows[0] ?? {};
  const end = examined < SEARCH_EXAMINED ? null : edge;
  return { items, examined, cursor: items.length < limit ? end : (items.at(-1)?.id ?? null) };
}

/** Ids sort by time: what is between two moments is one stretch of them. */
function rangeOf({ from, to, cursor }: Search) {
  const end = to === null ? AFTER_ALL : firstIdAt(to);
  return {
    from: from === null ? "" : firstIdAt(from),
    before: cursor !== null && cursor < end ? cursor : end,
  };
}

function toSummary(row: SummaryRow): TaskSummary {
  const { args, kwargs } = row;
  return {
    id: row.id,
    queue: row.queue,
    funcPath: row.func_path,
    status: row.status,
    priority: row.priority,
    eta: row.eta,
    attempts: row.attempts,
    maxRetries: row.max_retries,
    quarantined: row.held === 1,
    awaits: row.awaits,
    leaseExpiresAt: row.lease_expires_at,
    lastAttemptAt: row.last_attempt_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    schedule: row.schedule,
    progress: row.progress === null ? null : parseJson(row.progress),
    payload: args === null || kwargs === null ? null : { args: parseJson(args), kwargs: parseJson(kwargs) },
    payloadBytes: row.payload_bytes,
    lastError: row.last_error === null ? null : parseJson(row.last_error),
  };
}

function toRelated({ id, func_path, status }: RelatedRow): RelatedTask {
  return { id, funcPath: func_path, status };
}

function toDepth(count: number, most: number): Depth {
  return { depth: Math.min(count, most), more: count > most };
}
