import type { QueueSettings } from "../../src/core/storage.ts";
import type {
  EnqueuedTask,
  FinalState,
  FinalTask,
  HistoryEvent,
  Receipt,
  Reply,
  Request,
  SettledAttempt,
} from "./history.ts";

/** The task that a story is about, where it does not say otherwise. */
export const ID = "task 1";

/** The end of an attempt, without an error where none is given. */
export function ended(
  attempts: number,
  kind: SettledAttempt["kind"],
  error: Partial<SettledAttempt> = {},
): SettledAttempt {
  return { id: ID, attempts, kind, counted: false, retryable: true, error: null, ...error };
}

/** A history, told step by step; each step takes a millisecond. */
export class Story {
  readonly events: HistoryEvent[] = [];
  #at = 1_000;
  #operations = 0;

  /** A call and its answer. */
  did(request: Request, reply: Reply, process = "one"): this {
    const operation = this.#call(request, process);
    this.events.push({ type: "answer", operation, at: this.#tick(), reply });
    return this;
  }

  /** A call that nobody answered, or that failed. */
  tried(request: Request, refused?: boolean): this {
    const operation = this.#call(request, "one");
    if (refused !== undefined) this.events.push({ type: "failure", operation, at: this.#tick(), refused });
    return this;
  }

  enqueued(ids = [ID]): this {
    const tasks = ids.map((id) => ({ id, maxRetries: 1, mayMeet: false }));
    const receipts = ids.map((id) => ({ id, duplicate: false }));
    return this.did({ verb: "enqueue", tasks }, { verb: "enqueue", receipts });
  }

  /** One task is enqueued, with an answer that says otherwise or, where it is null, without one. */
  asked(task: Partial<EnqueuedTask>, receipt: Partial<Receipt> | null = {}): this {
    const asked = { id: ID, maxRetries: 1, mayMeet: (task.uniqueKey ?? null) !== null, ...task };
    const request = { verb: "enqueue", tasks: [asked] } as const;
    if (receipt === null) return this.tried(request, false);
    return this.did(request, { verb: "enqueue", receipts: [{ id: asked.id, duplicate: false, ...receipt }] });
  }

  /** A handler was entered, with this payload. */
  started(attempts: number, payload: string, id = ID): this {
    this.events.push({ type: "start", at: this.#tick(), id, attempts, process: "one", payload });
    return this;
  }

  claimed(attempts: number, { id = ID, lease = 100, queue = "default" } = {}): this {
    const claims = [{ id, attempts, queue, leaseExpiresAt: this.#at + lease }];
    return this.did({ verb: "claim" }, { verb: "claim", claims });
  }

  ran(attempts: number, returned: string | null = '"done"', id = ID): this {
    const attempt = { id, attempts, process: "one" };
    this.events.push({ type: "start", at: this.#tick(), ...attempt });
    this.events.push({ type: "end", at: this.#tick(), ...attempt, returned });
    return this;
  }

  settled(attempts: number, kind: SettledAttempt["kind"], error?: Partial<SettledAttempt>): this {
    const settlements = [ended(attempts, kind, error)];
    return this.did({ verb: "settle", settlements }, { verb: "settle", settled: [{ id: ID, attempts }] });
  }

  rescued(attempts: number): this {
    return this.did({ verb: "rescue" }, { verb: "rescue", rescued: [ended(attempts, "quarantine")] });
  }

  changed(verb: "cancel" | "retry"): this {
    return this.did({ verb, id: ID }, { verb });
  }

  configured(settings: QueueSettings): this {
    return this.did({ verb: "configure", queue: "default", ...settings }, { verb: "configure" });
  }

  passed(milliseconds: number): this {
    this.#at += milliseconds;
    return this;
  }

  #call(request: Request, process: string): string {
    this.#operations += 1;
    const operation = String(this.#operations);
    this.events.push({ type: "call", operation, process, at: this.#tick(), request });
    return operation;
  }

  #tick(): number {
    this.#at += 1;
    return this.#at;
  }
}

export const story = () => new Story();

/** A story of one task that was claimed, run and settled once. */
export const finished = () => story().enqueued().claimed(1).ran(1).settled(1, "done");

/** How the task of {@link finished} ends. */
export function task(overrides: Partial<FinalTask> = {}): FinalTask {
  return {
    id: ID,
    queue: "default",
    status: "SUCCESS",
    eta: 0,
    interval: null,
    attempts: 1,
    failures: 0,
    maxRetries: 1,
    leaseExpiresAt: null,
    ...overrides,
  };
}

/** Tables with these tasks and, where no others are given, their results. */
export function state(tasks: FinalTask[], results = tasks.map(resultOf)): FinalState {
  return { at: 1_000_000, tasks, results: results.flatMap((result) => result ?? []) };
}

function resultOf({ id, attempts, status }: FinalTask) {
  if (status !== "SUCCESS" && status !== "FAILED") return undefined;
  return { id, attempts, status, result: status === "SUCCESS" ? '"done"' : null };
}
