import { AMBIENT } from "../../src/core/ambient.ts";
import { OmniqError, StorageUnavailable } from "../../src/core/errors.ts";
import type {
  ClaimRequest,
  EnqueueReceipt,
  IdempotencyKey,
  QueueSettings,
  RescueBackoff,
  Rescued,
  SettleReport,
} from "../../src/core/storage.ts";
import type { Claim, ClaimedTask, NewTask, Task } from "../../src/core/task.ts";
import type { Settlement } from "../../src/core/transitions.ts";
import type { Driver } from "../../src/storage/driver.ts";
import { SqliteStorage, type SqliteStorageOptions } from "../../src/storage/sqlite.ts";
import type { Attempt, ClaimedAttempt, HistoryEvent, Reply, Request, SettledAttempt } from "./history.ts";

/** Takes what one process sees of the history. */
export class Recorder {
  readonly process: string;
  readonly #write: (event: HistoryEvent) => void;
  readonly #now: () => number;
  #operations = 0;
  #resends = 0;

  /**
   * @param process its name, unique in the history
   * @param now the machine's own clock, whatever the worker believes
   */
  constructor(process: string, write: (event: HistoryEvent) => void, now: () => number) {
    this.process = process;
    this.#write = write;
    this.#now = now;
  }

  async operation<T>(request: Request, run: () => Promise<T>, reply: (value: T) => Reply): Promise<T> {
    this.#operations += 1;
    const operation = `${this.process} ${this.#operations}`;
    const resends = this.#resends;
    this.#write({ type: "call", operation, process: this.process, at: this.#now(), request });
    try {
      const value = await run();
      this.#write({ type: "answer", operation, at: this.#now(), reply: reply(value) });
      return value;
    } catch (error) {
      const known = error instanceof OmniqError && !(error instanceof StorageUnavailable);
      const refused = known && resends === this.#resends;
      this.#write({ type: "failure", operation, at: this.#now(), refused });
      throw error;
    }
  }

  /** Something that this process asked for reaches the database twice. */
  noteResend(): void {
    this.#resends += 1;
  }

  started({ id, attempts }: Claim, input?: unknown): void {
    const payload = input === undefined ? undefined : JSON.stringify(input);
    this.#write({ type: "start", process: this.process, at: this.#now(), id, attempts, payload });
  }

  ended({ id, attempts }: Claim, returned: unknown): void {
    const json = returned === undefined ? null : JSON.stringify(returned);
    this.#write({ type: "end", process: this.process, at: this.#now(), id, attempts, returned: json });
  }
}

/** The product's storage, with a record of what its callers ask and are told. */
export class RecordedStorage extends SqliteStorage {
  readonly #recorder: Recorder;

  constructor(driver: Driver, recorder: Recorder, options: SqliteStorageOptions = {}) {
    const { sleep = AMBIENT.sleep } = options;
    // Between two sends it sleeps.
    const countingSleep = (milliseconds: number) => {
      recorder.noteResend();
      return sleep(milliseconds);
    };
    super(driver, { ...options, sleep: countingSleep });
    this.#recorder = recorder;
  }

  override enqueueMany(
    tasks: readonly NewTask[],
    now: number,
    idempotency?: IdempotencyKey,
  ): Promise<readonly EnqueueReceipt[]> {
    const inputs = tasks.map(({ id, maxRetries, uniqueKey, kwargs, extras }) => ({
      id,
      maxRetries,
      mayMeet: uniqueKey !== null,
      payload: kwargs,
      uniqueKey,
      extras,
    }));
    return this.#recorder.operation(
      { verb: "enqueue", tasks: inputs },
      () => super.enqueueMany(tasks, now, idempotency),
      (receipts) => ({ verb: "enqueue", receipts }),
    );
  }

  override claimMany(request: ClaimRequest): Promise<readonly ClaimedTask[]> {
    return this.#recorder.operation(
      { verb: "claim", now: request.now },
      () => super.claimMany(request),
      (tasks) => ({ verb: "claim", claims: tasks.map(toClaimed) }),
    );
  }

  override claimQuarantined(request: ClaimRequest): Promise<ClaimedTask | null> {
    return this.#recorder.operation(
      { verb: "claim", now: request.now },
      () => super.claimQuarantined(request),
      (task) => ({ verb: "claim", claims: task === null ? [] : [toClaimed(task)] }),
    );
  }

  override renewMany<C extends Claim>(claims: readonly C[], leaseExpiresAt: number): Promise<readonly C[]> {
    return this.#recorder.operation(
      { verb: "renew", claims: claims.map(toAttempt), leaseExpiresAt },
      () => super.renewMany(claims, leaseExpiresAt),
      (renewed) => ({ verb: "renew", renewed: renewed.map(toAttempt) }),
    );
  }

  override settleMany(settlements: readonly Settlement[], now: number): Promise<SettleReport> {
    return this.#recorder.operation(
      { verb: "settle", settlements: settlements.map(toSettled) },
      () => super.settleMany(settlements, now),
      ({ settled }) => ({ verb: "settle", settled: settled.map(toAttempt) }),
    );
  }

  override rescueMany(now: number, backoff: RescueBackoff): Promise<readonly Rescued[]> {
    return this.#recorder.operation(
      { verb: "rescue" },
      () => super.rescueMany(now, backoff),
      (rescued) => ({ verb: "rescue", rescued: rescued.map(({ settlement }) => toSettled(settlement)) }),
    );
  }

  override cancel(id: string, now: number): Promise<Task> {
    return this.#recorder.operation(
      { verb: "cancel", id },
      () => super.cancel(id, now),
      () => ({ verb: "cancel" }),
    );
  }

  override retry(id: string, now: number): Promise<Task> {
    return this.#recorder.operation(
      { verb: "retry", id },
      () => super.retry(id, now),
      () => ({ verb: "retry" }),
    );
  }

  override configureQueue(queue: string, settings: QueueSettings): Promise<void> {
    return this.#recorder.operation(
      { verb: "configure", queue, ...settings },
      () => super.configureQueue(queue, settings),
      () => ({ verb: "configure" }),
    );
  }
}

function toAttempt({ id, attempts }: Claim): Attempt {
  return { id, attempts };
}

function toClaimed({ id, attempts, queue, leaseExpiresAt }: ClaimedTask): ClaimedAttempt {
  return { id, attempts, queue, leaseExpiresAt };
}

function toSettled(settlement: Settlement): SettledAttempt {
  const { id, attempts, kind } = settlement;
  return {
    id,
    attempts,
    kind,
    counted: kind === "quarantine" && settlement.counted,
    retryable: !("error" in settlement) || settlement.error.retryable,
    error: "error" in settlement ? settlement.error.type : null,
  };
}
