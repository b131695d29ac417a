import { type Instant, parseInstant, parseInteger } from "./duration.ts";
import { ValidationError } from "./errors.ts";
import { parseStatus } from "./filter.ts";
import type { BacklogPoint, HistoryPoint } from "./history.ts";
import { LIMITS, parseId, parseText } from "./options.ts";
import { redactTask } from "./redact.ts";
import type { Registry } from "./registry.ts";
import type { Depth, Page } from "./storage.ts";
import type { JsonObject, JsonValue, Task, TaskError, TaskStatus } from "./task.ts";

/** Tasks that one page of a search examines. */
export const SEARCH_EXAMINED = 1_000;

/** Characters of each of `args`, `kwargs` and `errors` that a text is looked for in: large ones would keep a database busy for seconds. */
export const SEARCHED_LENGTH = 16_384;

/** Minutes of a day of one queue, which are read whole. */
const HISTORY_READ = 1_440;
/** Of several, so many are read to see whether that are all; and if not, so many are sought, which takes two rows each. */
const HISTORY_TRIED = 700;
const HISTORY_SAMPLED = 500;
/** One minute in so many. */
const STEPS = [3, 5, 15, 30, 60] as const;
const MINUTE = 60_000;

/** What is shown of a task in a list. */
export interface TaskSummary
  extends Pick<
    Task,
    | "id"
    | "queue"
    | "funcPath"
    | "status"
    | "priority"
    | "eta"
    | "attempts"
    | "maxRetries"
    | "quarantined"
    | "awaits"
    | "leaseExpiresAt"
    | "lastAttemptAt"
    | "createdAt"
    | "updatedAt"
    | "schedule"
    | "progress"
  > {
  /** Null where it is larger than 4 KB. */
  readonly payload: { readonly args: JsonValue[]; readonly kwargs: JsonObject } | null;
  /** Of `args` and `kwargs` together. */
  readonly payloadBytes: number;
  readonly lastError: TaskError | null;
}

/** Which tasks to look for; each condition that is given must hold. */
export interface SearchQuery {
  readonly status?: TaskStatus;
  readonly queue?: string;
  readonly funcPath?: string;
  /** The name of the schedule that it is a firing of. */
  readonly schedule?: string;
  /**
   * Text of 1 to 255 characters that the first 16 KB of `args` or of `kwargs`, or the last 16 KB of `errors`, hold as JSON,
   * whatever the case of its ASCII letters.
   */
  readonly text?: string;
  /** Inserted at this moment or after it, by the time in its id. */
  readonly from?: Instant;
  /** Inserted before this moment. */
  readonly to?: Instant;
  /** From the page before. */
  readonly cursor?: string;
  /** 1 to 100. Defaults to 50. */
  readonly limit?: number;
}

/** The same, checked. */
export interface Search {
  readonly status: TaskStatus | null;
  readonly queue: string | null;
  readonly funcPath: string | null;
  readonly schedule: string | null;
  readonly text: string | null;
  /** Of these handlers the payload is not looked into. */
  readonly hidden: readonly string[];
  readonly from: number | null;
  readonly to: number | null;
  readonly cursor: string | null;
  readonly limit: number;
}

/** One page, newest first. */
export interface SearchPage extends Page<TaskSummary> {
  /** Tasks that were looked at: at most {@link SEARCH_EXAMINED}. */
  readonly examined: number;
}

/** A task, as another one mentions it. */
export type RelatedTask = Pick<Task, "id" | "funcPath" | "status">;

/** Up to 20 of each kind. */
export interface Relations {
  /** What its handler enqueued, newest first. */
  readonly children: readonly RelatedTask[];
  /** What it waits for and has not ended. Looked for among 500 tasks that others wait for: there may be more. */
  readonly awaits: readonly RelatedTask[];
  /** What waits for it. */
  readonly awaitedBy: readonly RelatedTask[];
}

/** How things stand in all queues together. Each count is exact up to its bound. */
export interface Backlog {
  /** Those that wait for their eta: to 1,000. */
  readonly waiting: Depth;
  /** To 100, as the following ones. */
  readonly running: Depth;
  /** In quarantine, or waiting for others. */
  readonly held: Depth;
  readonly failed: Depth;
  /** The queue whose task is most overdue, and how long that has been due, in milliseconds; null where none is. Among 30 queues. */
  readonly oldest: { readonly queue: string; readonly age: number } | null;
}

/** Minutes of the history. */
export interface HistorySample {
  /** Queues that have a history: up to 30. */
  readonly queues: readonly string[];
  readonly points: readonly HistoryPoint[];
  /** One minute in so many was read: 1, 3, 5, 15, 30 or 60. */
  readonly every: number;
}

/** What looking around needs of a database: each call reads a bounded number of rows. */
export interface ExplorerStorage {
  search(search: Search): Promise<SearchPage>;
  /** Names of up to 100 queues that have a task which waits or runs, or settings. */
  queueNames(): Promise<readonly string[]>;
  /** @param task the id, and how many tasks it waits for */
  relations(task: Pick<Task, "id" | "awaits">): Promise<Relations>;
  backlog(now: number): Promise<Backlog>;
  /** What waited at these minutes, as far as it was kept, in no order. */
  backlogAt(minutes: readonly number[]): Promise<readonly BacklogPoint[]>;
  /** Names of up to 30 queues that have a history. */
  historyNames(): Promise<readonly string[]>;
  /** Points of these queues from one moment to before another: at most `limit`. */
  historyBetween(
    queues: readonly string[],
    from: number,
    to: number,
    limit: number,
  ): Promise<readonly HistoryPoint[]>;
  /** The same at these minutes. */
  historyAt(queues: readonly string[], minutes: readonly number[]): Promise<readonly HistoryPoint[]>;
}

interface ExplorerParts {
  readonly storage: ExplorerStorage;
  readonly registry: Registry;
  readonly redacts: boolean;
}

/**
 * Looks around among the tasks, as a person does; `queue.explorer` hands it out.
 *
 * @example const { items, cursor } = await queue.explorer.search({ status: "FAILED", text: "timeout" })
 */
export class Explorer {
  readonly #parts: ExplorerParts;

  constructor(parts: ExplorerParts) {
    this.#parts = parts;
  }

  /**
   * One page of tasks, newest first, by id. With a condition it looks at 1,000 tasks a page, so that it may be short, or empty, and
   * still have a cursor. What a redacted queue does not show it does not search either.
   *
   * @throws {ValidationError}
   */
  async search(query: SearchQuery = {}): Promise<SearchPage> {
    const { storage, registry, redacts } = this.#parts;
    const hidden = redacts ? registry.names.filter((name) => hidesPayload(registry, name)) : [];
    const page = await storage.search({ ...parseSearch(query), hidden });
    if (!redacts) return page;
    return { ...page, items: page.items.map((task) => redactSummary(task, registry)) };
  }

  /** Names of the queues that have a task which waits or runs, or settings: up to 100. */
  queueNames(): Promise<readonly string[]> {
    return this.#parts.storage.queueNames();
  }

  /** The tasks that have to do with this one. */
  relations(task: Pick<Task, "id" | "awaits">): Promise<Relations> {
    return this.#parts.storage.relations(task);
  }

  /** How things stand in all queues together. @param now in milliseconds since the epoch */
  backlog(now: number): Promise<Backlog> {
    return this.#parts.storage.backlog(now);
  }

  /**
   * What waited at each of these minutes, where `history` is on and a worker kept it: one that goes on working, as a cron tick does.
   *
   * @param minutes each the moment that it begins, in milliseconds since the epoch
   */
  backlogAt(minutes: readonly number[]): Promise<readonly BacklogPoint[]> {
    return this.#parts.storage.backlogAt(minutes);
  }

  /** Names of the queues that have a history: up to 30. There are none where it was never on. */
  historyNames(): Promise<readonly string[]> {
    return this.#parts.storage.historyNames();
  }

  /**
   * The history from one moment to another: each minute of it where few enough have a point, else one in 3, 5, 15, 30 or 60, never
   * at the same place twice in a row, so that what happens by the clock is neither left out nor all that is seen.
   *
   * @param queue defaults to all
   * @throws {ValidationError}
   */
  async sampleHistory(from: number, to: number, queue?: string): Promise<HistorySample> {
    const { storage } = this.#parts;
    const queues = queue === undefined ? await storage.historyNames() : [parseText(queue, "queue")];
    if (queues.length === 0) return { queues, every: 1, points: [] };
    const [first, end] = [Math.floor(from / MINUTE), Math.ceil(to / MINUTE)];
    const count = (end - first) * queues.length;
    // In most minutes nothing may have ended: then all of them are few.
    const most = count <= HISTORY_READ ? HISTORY_READ : HISTORY_TRIED;
    const points = await storage.historyBetween(queues, first * MINUTE, end * MINUTE, most + 1);
    if (points.length <= most) return { queues, every: 1, points };
    const every = STEPS.find((step) => count / step <= HISTORY_SAMPLED) ?? 60;
    const minutes = sampleMinutes(first, end, every).map((minute) => minute * MINUTE);
    return { queues, every, points: await storage.historyAt(queues, minutes) };
  }

  /** Names of the tasks that this queue knows. */
  get funcPaths(): readonly string[] {
    return this.#parts.registry.names;
  }
}

/** One minute of each stretch of so many: 7 is prime to all of them, so that the place within wanders through the whole. */
function sampleMinutes(first: number, end: number, every: number): number[] {
  const minutes: number[] = [];
  for (let stretch = Math.ceil(first / every); stretch * every < end; stretch++) {
    minutes.push(stretch * every + ((stretch * 7) % every));
  }
  return minutes;
}

function hidesPayload(registry: Registry, funcPath: string): boolean {
  const { args, kwargs } = registry.get(funcPath).redaction;
  return args.length + kwargs.length > 0;
}

function redactSummary(task: TaskSummary, registry: Registry): TaskSummary {
  const redaction = registry.find(task.funcPath)?.redaction;
  if (redaction === undefined || task.payload === null) return task;
  return { ...task, payload: redactTask(task.payload, redaction) };
}

/** @throws {ValidationError} */
export function parseSearch(query: SearchQuery): Omit<Search, "hidden"> {
  const { status, queue, funcPath, schedule, text, from, to, cursor, limit = 50 } = query;
  const search = {
    status: status === undefined ? null : parseStatus(status),
    queue: queue === undefined ? null : parseText(queue, "queue"),
    funcPath: funcPath === undefined ? null : parseText(funcPath, "funcPath"),
    schedule: schedule === undefined ? null : parseText(schedule, "schedule"),
    text: text === undefined ? null : parseText(text, "text"),
    from: from === undefined ? null : parseInstant(from, "from"),
    to: to === undefined ? null : parseInstant(to, "to"),
    cursor: cursor === undefined ? null : parseId(cursor, "cursor"),
    limit: parseInteger(limit, "limit", LIMITS.searchLimit),
  };
  if (search.from !== null && search.to !== null && search.from >= search.to) {
    throw new ValidationError("from", "before to", `${search.from}`);
  }
  return search;
}
