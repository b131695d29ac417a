import type { ChildrenOptions } from "./children.ts";
import { Aborted } from "./control.ts";
import { type EventListener, subjectOf } from "./events.ts";
import { execute } from "./executor.ts";
import type { Logger } from "./log.ts";
import type { Composed } from "./middleware.ts";
import { DRAIN_DEFAULTS, LIMITS } from "./options.ts";
import { ProgressBook } from "./progress.ts";
import type { Registry } from "./registry.ts";
import { toTaskError, withoutStack } from "./serialize.ts";
import type { Storage } from "./storage.ts";
import type { Claim, ClaimedTask, Progress } from "./task.ts";
import type { Outcome } from "./transitions.ts";

/** What a worker needs to run tasks. */
export interface FlightOptions extends ChildrenOptions {
  readonly registry: Registry;
  readonly env: unknown;
  readonly log: Logger;
  readonly emit: EventListener;
  readonly concurrency: number;
  /** Around each handler. Defaults to nothing. */
  readonly aroundRun?: Composed["run"];
  /** Whether what a handler threw is worth another try. Defaults to always. */
  readonly mayRetry?: (task: ClaimedTask, error: unknown) => boolean;
  /** Called as each attempt ends. */
  readonly onEnd: (task: ClaimedTask, outcome: Outcome, notes: AttemptNotes) => void;
}

/** What is known of an attempt that has ended, besides how. */
export interface AttemptNotes {
  /** How long it ran, in milliseconds; 0 for one that did not start. */
  readonly duration: number;
  /** What its handler told last. */
  readonly progress: Progress | null;
}

/** Of an attempt that did not start. */
export const NO_NOTES: AttemptNotes = { duration: 0, progress: null };

interface Running {
  readonly controller: AbortController;
  /** When its timeout ends it. */
  readonly endsBy: number;
}

/** The tasks that one worker holds: some run, the others wait for a free slot. It keeps their leases. */
export class Flight {
  readonly #options: FlightOptions;
  readonly #progress = new ProgressBook();
  #running = new Map<ClaimedTask, Running>();
  #leases = new Map<ClaimedTask, number>();
  #waiting: ClaimedTask[] = [];
  #isAborted = false;

  constructor(options: FlightOptions) {
    this.#options = options;
  }

  /** Whether everything was aborted: what comes now is not started. */
  get isAborted(): boolean {
    return this.#isAborted;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Tasks held, running or not. */
  get size(): number {
    return this.#leases.size;
  }

  /** Of the tasks held. */
  get ids(): string[] {
    return [...this.#leases.keys()].map(({ id }) => id);
  }

  /** Slots for which no task is held. */
  get free(): number {
    return Math.max(0, this.#options.concurrency - this.size);
  }

  /** When everything held has ended at the latest. */
  endsBy(): number {
    const now = this.#options.now();
    const running = [...this.#running.values()].map(({ endsBy }) => endsBy);
    return Math.max(now, ...running, ...this.#waiting.map(({ timeout }) => now + timeout));
  }

  add(tasks: readonly ClaimedTask[]): void {
    for (const task of tasks) this.#leases.set(task, task.leaseExpiresAt);
    this.#waiting.push(...tasks);
    this.#fill();
  }

  /** Gives back the tasks that have not started. */
  releaseWaiting(): void {
    for (const task of this.#waiting.splice(0)) this.#end(task, { kind: "release" });
  }

  /** Aborts what runs; the tasks come back as released unless their handlers end well at once. */
  abortAll(): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.releaseWaiting();
    for (const { controller } of this.#running.values()) controller.abort(new Aborted("release"));
  }

  /**
   * Renews every lease with one statement; what is not renewed is another's, and is aborted.
   *
   * @param unsettled what has ended and is not written yet: its lease must hold until then
   */
  async renew(
    storage: Pick<Storage, "renewMany">,
    unsettled: readonly ClaimedTask[],
    leaseExpiresAt: number,
  ): Promise<void> {
    const held = [...this.#leases.keys()];
    if (held.length + unsettled.length === 0) return;
    const claims = held.map((task) => ({ ...task, progress: this.#progress.of(task) }));
    // Not by id: another attempt of the same task may be held here too.
    const renewed = new Set(await storage.renewMany<Claim>([...claims, ...unsettled], leaseExpiresAt));
    for (const [index, task] of held.entries()) {
      const claim = claims[index];
      if (!this.#leases.has(task)) continue;
      if (claim !== undefined && renewed.has(claim)) this.#leases.set(task, leaseExpiresAt);
      else this.#lose(task);
    }
  }

  /** Aborts what could not be renewed in time: from now on another worker may run it. */
  loseExpired(): void {
    const now = this.#options.now();
    for (const [task, leaseExpiresAt] of this.#leases) if (leaseExpiresAt <= now) this.#lose(task);
  }

  #lose(task: ClaimedTask): void {
    const running = this.#running.get(task);
    if (running !== undefined) {
      running.controller.abort(new Aborted("lost"));
      return;
    }
    this.#waiting = this.#waiting.filter((other) => other !== task);
    this.#end(task, { kind: "lost" });
  }

  #fill(): void {
    while (this.#running.size < this.#options.concurrency) {
      const task = this.#waiting.shift();
      if (task === undefined) return;
      if (this.#holds(task)) this.#start(task);
      else this.#end(task, { kind: "lost" });
    }
  }

  /** The claim's reply, or a free slot, may come after the lease has ended. */
  #holds(task: ClaimedTask): boolean {
    return (this.#leases.get(task) ?? 0) > this.#options.now();
  }

  #start(task: ClaimedTask): void {
    const { registry, emit, now } = this.#options;
    if (task.unreadable !== undefined) {
      const context = { at: now(), attempt: task.attempts, retryable: false, maxBytes: LIMITS.errorBytes };
      this.#end(task, { kind: "failure", error: withoutStack(toTaskError(task.unreadable, context)) });
      return;
    }
    const definition = registry.find(task.funcPath);
    if (definition === undefined) {
      emit({ type: "task.unknown", task: subjectOf(task) });
      this.#end(task, { kind: "release", until: now() + DRAIN_DEFAULTS.unknownTaskDelay });
      return;
    }
    const controller = new AbortController();
    const startedAt = now();
    this.#running.set(task, { controller, endsBy: startedAt + task.timeout });
    emit({ type: "task.started", task: subjectOf(task) });
    const options = { ...this.#options, progress: this.#progress };
    void execute(task, definition, controller, options).then((outcome) => {
      this.#running.delete(task);
      this.#end(task, outcome, Math.max(0, Math.round(now() - startedAt)));
      this.#fill();
    });
  }

  #end(task: ClaimedTask, outcome: Outcome, duration = 0): void {
    this.#leases.delete(task);
    if (this.#leases.size === 0) this.#startAfresh();
    this.#options.onEnd(task, outcome, { duration, progress: this.#progress.of(task) });
  }

  /**
   * As a Map grows and shrinks, V8 keeps a chain from its old tables to its newest. Once one of them is old to the garbage
   * collector, all that follow are, with the tasks in them, until the next full collection: some tens of megabytes.
   */
  #startAfresh(): void {
    this.#running = new Map();
    this.#leases = new Map();
  }
}
