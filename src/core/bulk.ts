import {
  type BulkChange,
  type BulkFilter,
  type BulkFilterOptions,
  type BulkOptions,
  type CountFilter,
  type PageOptions,
  parseBulk,
  parseCount,
} from "./bulk-options.ts";
import type { EventListener } from "./events.ts";
import type { NewEta, TaskChange } from "./operators.ts";

/** What became of the tasks that were looked at. */
export interface BulkReport {
  readonly changed: number;
  /** They met the filter and stay as they are: their status forbids the action, or another active task has their unique key. */
  readonly skipped: number;
  /** Tasks that were looked at, whether they met the filter or not. */
  readonly examined: number;
  /** Goes on from here; null at the end. */
  readonly cursor: string | null;
}

export interface CountReport {
  readonly count: number;
  /** Tasks that were looked at. */
  readonly examined: number;
  /** Goes on from here; null at the end. */
  readonly cursor: string | null;
}

/** Each goes through one bounded page from `cursor` on, null for the first: by id, oldest first. */
export interface BulkStorage {
  /** Changes in one transaction what meets the filter and may be changed. */
  changePage(filter: BulkFilter, change: BulkChange, cursor: string | null, now: number): Promise<BulkReport>;
  /** Counts what meets the filter. */
  countPage(filter: BulkFilter, cursor: string | null): Promise<CountReport>;
}

/** What a bulk operation needs of its queue. */
interface BulkParts {
  readonly storage: BulkStorage;
  readonly now: () => number;
  /** Told where something may have become due. */
  readonly wake: () => void;
  readonly emit: EventListener;
}

/**
 * Operators' changes of many tasks by a filter, some pages of 1,000 tasks a call; `queue.bulk` hands it out.
 *
 * A call looks at tasks by id, oldest first, and its cursor never goes back: what it changed is not met again, even where it
 * fails again meanwhile. A call whose answer was lost may be repeated from the same cursor.
 *
 * @example
 * let cursor: string | null = null;
 * do {
 *   ({ cursor } = await queue.bulk.retry({ status: "FAILED", errorType: "TimeoutError" }, { cursor }));
 * } while (cursor !== null);
 */
export class Bulk {
  readonly #parts: BulkParts;

  constructor(parts: BulkParts) {
    this.#parts = parts;
  }

  /**
   * Replays dead letters: FAILED and CANCELLED tasks run again from the start, their failures forgotten, their results deleted.
   *
   * @param filter at least one condition, or `{ all: true }`; see {@link BulkFilterOptions}
   * @param options see {@link PageOptions}. Defaults to 5 pages from the beginning
   * @throws {ValidationError}
   * @example await queue.bulk.retry({ status: "FAILED", queue: "mail" })
   */
  retry(filter: BulkFilterOptions, options: PageOptions = {}): Promise<BulkReport> {
    return this.run({ ...options, action: "retry", filter });
  }

  /**
   * Deletes tasks that have ended, with their results. Arguments as for {@link Bulk.retry}.
   *
   * @throws {ValidationError}
   * @example await queue.bulk.delete({ status: "CANCELLED", createdBefore: "2026-01-01T00:00:00Z" })
   */
  delete(filter: BulkFilterOptions, options: PageOptions = {}): Promise<BulkReport> {
    return this.run({ ...options, action: "delete", filter });
  }

  /**
   * Cancels tasks that have not ended. Arguments as for {@link Bulk.retry}.
   *
   * @throws {ValidationError}
   * @example await queue.bulk.cancel({ schedule: "nightly", status: "PENDING" })
   */
  cancel(filter: BulkFilterOptions, options: PageOptions = {}): Promise<BulkReport> {
    return this.run({ ...options, action: "cancel", filter });
  }

  /**
   * Makes tasks that wait due now; one that is held stays held. Arguments as for {@link Bulk.retry}.
   *
   * @throws {ValidationError}
   * @example await queue.bulk.runNow({ status: "RETRYING", queue: "mail" })
   */
  runNow(filter: BulkFilterOptions, options: PageOptions = {}): Promise<BulkReport> {
    return this.run({ ...options, action: "runNow", filter });
  }

  /**
   * Gives tasks that wait another eta. The other arguments as for {@link Bulk.retry}.
   *
   * @param set `eta`, or a `delay` from now
   * @throws {ValidationError}
   * @example await queue.bulk.reschedule({ queue: "mail" }, { delay: "1h" })
   */
  reschedule(filter: BulkFilterOptions, set: NewEta, options: PageOptions = {}): Promise<BulkReport> {
    return this.run({ ...options, action: "reschedule", filter, set });
  }

  /**
   * Gives tasks that wait another priority, or has them wait in another queue. The other arguments as for {@link Bulk.retry}.
   *
   * @param set `priority`, `queue`, or both
   * @throws {ValidationError}
   * @example await queue.bulk.change({ queue: "mail", funcPath: "email.digest" }, { priority: 9 })
   */
  change(filter: BulkFilterOptions, set: TaskChange, options: PageOptions = {}): Promise<BulkReport> {
    return this.run({ ...options, action: "change", filter, set });
  }

  /** Any of these by its name, as it comes from outside: what the HTTP API does. @throws {ValidationError} */
  async run(options: BulkOptions): Promise<BulkReport> {
    const { storage, now, wake, emit } = this.#parts;
    const { filter, change, cursor, pages } = parseBulk(options, now());
    const total = { changed: 0, skipped: 0, examined: 0, cursor };
    for (let page = 0; page < pages; page++) {
      const report = await storage.changePage(filter, change, total.cursor, now());
      total.changed += report.changed;
      total.skipped += report.skipped;
      total.examined += report.examined;
      total.cursor = report.cursor;
      // Already here: the first of them need not wait for the last page.
      if (report.changed > 0) wake();
      if (total.cursor === null) break;
    }
    if (total.changed > 0) emit({ type: "tasks.changed", action: change.action, changed: total.changed });
    return total;
  }

  /**
   * Counts the tasks that meet a filter, before anything is done with them.
   *
   * @param filter as of the other calls; `{}` is every task
   * @param options see {@link PageOptions}. Defaults to 20 pages from the beginning
   * @throws {ValidationError}
   * @example const { count, cursor } = await queue.bulk.count({ status: "FAILED" })
   */
  async count(filter: CountFilter, options: PageOptions = {}): Promise<CountReport> {
    const { pages, cursor, ...parsed } = parseCount(filter, options);
    const total = { count: 0, examined: 0, cursor };
    for (let page = 0; page < pages; page++) {
      const report = await this.#parts.storage.countPage(parsed.filter, total.cursor);
      total.count += report.count;
      total.examined += report.examined;
      total.cursor = report.cursor;
      if (total.cursor === null) break;
    }
    return total;
  }
}
