import type { BulkReport, CountReport } from "../core/bulk.ts";
import type { BulkFilterOptions, BulkOptions, CountFilter, PageOptions } from "../core/bulk-options.ts";
import type { NewEta, TaskChange } from "../core/operators.ts";
import { writeInstant } from "./duration.ts";
import type { Transport } from "./transport.ts";
import type { CallOptions } from "./types.ts";

/** How far a call goes, and what ends it. */
export interface BulkCallOptions extends PageOptions, CallOptions {}

/**
 * Operators' changes of many tasks by a filter, some pages of 1,000 tasks a call; `client.bulk` hands it out. A call that was
 * repeated for a lost reply reports what its last try did.
 *
 * @example
 * for await (const { changed } of client.bulk.runAll({ action: "retry", filter: { status: "FAILED" } })) console.log(changed);
 */
export class ClientBulk {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Runs FAILED and CANCELLED tasks again from the start.
   *
   * @param filter at least one condition, or `{ all: true }`
   * @param options `cursor` of the call before; `pages`, 1 to 100, defaults to 5; `signal`
   * @throws {OmniqError} `invalid_input`
   * @example const { changed, cursor } = await client.bulk.retry({ status: "FAILED", queue: "mail" })
   */
  retry(filter: BulkFilterOptions, options: BulkCallOptions = {}): Promise<BulkReport> {
    return this.run({ ...options, action: "retry", filter });
  }

  /** Deletes tasks that have ended, with their results. Arguments as for {@link ClientBulk.retry}. */
  delete(filter: BulkFilterOptions, options: BulkCallOptions = {}): Promise<BulkReport> {
    return this.run({ ...options, action: "delete", filter });
  }

  /** Cancels tasks that have not ended. Arguments as for {@link ClientBulk.retry}. */
  cancel(filter: BulkFilterOptions, options: BulkCallOptions = {}): Promise<BulkReport> {
    return this.run({ ...options, action: "cancel", filter });
  }

  /** Makes tasks that wait due now. Arguments as for {@link ClientBulk.retry}. */
  runNow(filter: BulkFilterOptions, options: BulkCallOptions = {}): Promise<BulkReport> {
    return this.run({ ...options, action: "runNow", filter });
  }

  /** Gives tasks that wait another `eta`, or a `delay` from now. The other arguments as for {@link ClientBulk.retry}. */
  reschedule(filter: BulkFilterOptions, set: NewEta, options: BulkCallOptions = {}): Promise<BulkReport> {
    return this.run({ ...options, action: "reschedule", filter, set });
  }

  /** Gives tasks that wait another `priority` or `queue`. The other arguments as for {@link ClientBulk.retry}. */
  change(filter: BulkFilterOptions, set: TaskChange, options: BulkCallOptions = {}): Promise<BulkReport> {
    return this.run({ ...options, action: "change", filter, set });
  }

  /** Any of these by its name: one call. */
  run({ signal, ...options }: BulkOptions & CallOptions): Promise<BulkReport> {
    return this.#transport.json({ method: "POST", path: "/v1/tasks/bulk", body: options, signal }, "changed");
  }

  /** The same to the end: as many calls as it takes, each with its report. Leave the loop to stop; `cursor` goes on from there. */
  async *runAll(options: BulkOptions & CallOptions): AsyncGenerator<BulkReport, void> {
    let cursor = options.cursor;
    do {
      const report = await this.run({ ...options, cursor });
      yield report;
      cursor = report.cursor;
    } while (cursor !== null);
  }

  /**
   * Counts the tasks that meet a filter.
   *
   * @param filter as of the other calls; `{}` is every task
   * @param options as of the other calls; `pages` defaults to 20
   * @throws {OmniqError} `invalid_input`
   */
  count(filter: CountFilter, { signal, cursor, pages }: BulkCallOptions = {}): Promise<CountReport> {
    const createdBefore = writeInstant(filter.createdBefore);
    const createdAfter = writeInstant(filter.createdAfter);
    const query = { ...filter, createdBefore, createdAfter, cursor, pages };
    return this.#transport.json({ method: "GET", path: "/v1/tasks/count", query, signal }, "count");
  }
}
