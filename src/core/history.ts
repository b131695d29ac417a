import { type Duration, type Instant, parseDuration, parseInstant } from "./duration.ts";
import { ValidationError } from "./errors.ts";
import { LIMITS, parseText } from "./options.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Up to how long, in milliseconds, an attempt counts for each place of `durations`; one more place counts all. */
export const DURATION_BOUNDS = [10, 50, 100, 500, 1_000, 5_000, 10_000, 30_000, 60_000, 300_000] as const;

/** Points in one page. */
export const HISTORY_PAGE = 1_500;

/** How the attempts of a queue ended. */
export interface HistoryCounts {
  readonly queue: string;
  /** Attempts that began; the history tells of them as they end, snoozed and released ones too. */
  readonly started: number;
  readonly succeeded: number;
  readonly failed: number;
  /** They failed, and are run again. */
  readonly retried: number;
  /** How long they took together, in milliseconds. */
  readonly duration: number;
  /** How many took no longer than each of {@link DURATION_BOUNDS}, and then how many there were whose time is known. */
  readonly durations: readonly number[];
}

/** The same of one minute. */
export interface HistoryPoint extends HistoryCounts {
  /** When it began. */
  readonly minute: number;
}

export interface HistoryPage {
  readonly points: readonly HistoryPoint[];
  /** Goes on from here; null at the end. */
  readonly cursor: string | null;
}

/** What waited at a minute, in all queues together. */
export interface BacklogPoint {
  readonly minute: number;
  /** Counted to 1,000. */
  readonly waiting: number;
  /** How long the most overdue was due, in milliseconds; null where nothing was. Among 30 queues. */
  readonly oldestAge: number | null;
}

/** What to read of the history. */
export interface HistoryQuery {
  /** From the minute that this moment is in. Defaults to an hour before `to`. */
  readonly from?: Instant;
  /** Before this moment. Defaults to now. */
  readonly to?: Instant;
  /** Defaults to every queue. */
  readonly queue?: string;
  /** From the page before. */
  readonly cursor?: string;
}

/** The same, checked. */
export interface HistoryRange {
  readonly from: number;
  readonly to: number;
  readonly queue: string | null;
  /** The last point of the page before. */
  readonly after: { readonly queue: string; readonly minute: number } | null;
}

/** What the engine needs of the history. */
export interface HistoryStorage {
  /** Points by queue and minute, at most {@link HISTORY_PAGE}. */
  read(range: HistoryRange): Promise<readonly HistoryPoint[]>;
  /** The counts of each queue since its history began. */
  totals(): Promise<readonly HistoryCounts[]>;
  /** Keeps what waits now for this minute, once, whoever asks and how often. */
  recordBacklog(now: number): Promise<void>;
  /** Forgets minutes before `before`, at most 10,000; the totals stay. */
  purge(before: number): Promise<void>;
}

/** True, or how long the minutes are kept: up to 10 years. Defaults to 30 days. */
export type HistoryOption = boolean | { readonly keep?: Duration };

/** How long minutes are kept, in milliseconds; null where none are written. @throws {ValidationError} */
export function parseHistory(option: HistoryOption = false): number | null {
  if (option === false) return null;
  const { keep = 30 * DAY } = option === true ? {} : option;
  return parseDuration(keep, "history.keep", LIMITS.timeToLive);
}

/** @throws {ValidationError} */
export function parseHistoryQuery(query: HistoryQuery, now: number): HistoryRange {
  const to = query.to === undefined ? now + 1 : parseInstant(query.to, "to");
  const from = query.from === undefined ? to - HOUR : parseInstant(query.from, "from");
  if (from >= to) throw new ValidationError("from", "before to", `${from}`);
  return {
    from: from - (from % MINUTE),
    to,
    queue: query.queue === undefined ? null : parseText(query.queue, "queue"),
    after: query.cursor === undefined ? null : parseCursor(query.cursor),
  };
}

export async function readHistory(
  storage: HistoryStorage,
  query: HistoryQuery,
  now: number,
): Promise<HistoryPage> {
  const points = await storage.read(parseHistoryQuery(query, now));
  const last = points.length < HISTORY_PAGE ? undefined : points.at(-1);
  return { points, cursor: last === undefined ? null : `${last.minute}:${last.queue}` };
}

function parseCursor(cursor: string): HistoryRange["after"] {
  const [, minute, queue] = /^(\d{1,15}):(.+)$/s.exec(cursor) ?? [];
  if (minute === undefined || queue === undefined) {
    throw new ValidationError("cursor", "one of a page before", "another");
  }
  return { minute: Number(minute), queue: parseText(queue, "cursor") };
}
