import { backoffDelay } from "./backoff.ts";
import { QueryBudget } from "./budget.ts";
import { Committer } from "./committer.ts";
import type { DrainEnd, DrainOptions, DrainReport, Engine } from "./engine.ts";
import { QueryLimitReached, StorageUnavailable } from "./errors.ts";
import { Flight } from "./flight.ts";
import { DRAIN_DEFAULTS } from "./options.ts";
import { Pace } from "./pace.ts";
import { Poller } from "./poller.ts";
import { Rescuer } from "./rescuer.ts";
import type { ClaimRequest } from "./storage.ts";
import type { ClaimedTask } from "./task.ts";
import { type Outcome, settle } from "./transitions.ts";
import { Waker } from "./waker.ts";

/**
 * Claims and runs tasks until nothing is due, or until a deadline, a budget or a signal ends it: the one loop that cron, the
 * kick and the Node runner share.
 *
 * @throws {SchemaMissing} and other errors that waiting cannot mend, after what was in flight has been written
 */
export async function drain(engine: Engine, options: DrainOptions): Promise<DrainReport> {
  await engine.clock.synchronize(engine.storage);
  return new Drain(engine, options).run();
}

const NEVER = Number.POSITIVE_INFINITY;

class Drain {
  readonly #engine: Engine;
  readonly #options: DrainOptions;
  readonly #waker = new Waker();
  readonly #flight: Flight;
  readonly #committer: Committer;
  readonly #poller: Poller;
  readonly #rescuer: Rescuer;
  readonly #budget: QueryBudget;
  readonly #pace = new Pace();
  readonly #lease: number;
  /** Between two renewals of the leases, and between two rescues. */
  readonly #heartbeat: number;
  readonly #deadline: number;
  readonly #lingerUntil: number;
  /** When what still runs is aborted: the hard deadline, or the end of the grace after a stop. */
  #abortAt: number;
  #aborted = false;
  #renewAt: number;
  readonly #backoff = (failures: number) => backoffDelay(failures, this.#engine.random());
  #end: DrainEnd | null = null;
  #fatal: unknown = null;
  #claimed = 0;

  constructor(engine: Engine, options: DrainOptions) {
    const { storage, clock, emit } = engine;
    const start = clock.now();
    this.#engine = engine;
    this.#options = options;
    this.#lease = options.lease ?? DRAIN_DEFAULTS.lease;
    this.#heartbeat = this.#lease / 4;
    this.#deadline = start + (options.deadline ?? NEVER);
    this.#abortAt = start + (options.hardDeadline ?? NEVER);
    this.#lingerUntil = start + (options.linger ?? 0);
    this.#renewAt = start + this.#heartbeat;
    this.#rescuer = new Rescuer(engine, this.#heartbeat, options.rescue === false ? NEVER : start);
    this.#committer = new Committer(storage, emit);
    this.#poller = new Poller(storage, options);
    this.#budget = new QueryBudget(storage, this.#heartbeat, options.queryBudget);
    const onEnd = (task: ClaimedTask, outcome: Outcome) => this.#onEnd(task, outcome);
    this.#flight = new Flight({ ...engine, now: () => clock.now(), concurrency: options.concurrency, onEnd });
  }

  async run(): Promise<DrainReport> {
    const { signal, onStart } = this.#options;
    const stop = () => this.#stop();
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    onStart?.(() => this.#wake());
    const watch = setInterval(() => this.#watch(), Math.min(DRAIN_DEFAULTS.watch, this.#heartbeat));
    while (this.#end === null || this.#flight.size > 0 || this.#committer.size > 0) await this.#turn();
    clearInterval(watch);
    signal?.removeEventListener("abort", stop);
    if (this.#fatal !== null) throw this.#fatal;
    return {
      ...this.#committer.counts,
      claimed: this.#claimed,
      rescued: this.#rescuer.rescued,
      reason: this.#end,
    };
  }

  async #turn(): Promise<void> {
    const now = this.#engine.clock.now();
    this.#abortInTime(now);
    await this.#guarded("renew", () => this.#renew(now));
    await this.#guarded("settle", () => this.#flush(now));
    this.#end ??= this.#findLimit();
    if (this.#end === null) await this.#guarded("rescue", () => this.#rescue(now));
    this.#end ??= this.#findLimit();
    if (this.#end === null) await this.#guarded("claim", () => this.#claim());
    this.#end ??= this.#findLimit() ?? this.#findEmpty();
    if (this.#end !== null && this.#flight.size === 0 && this.#committer.size === 0) return;
    const ready = this.#engine.clock.now();
    await this.#waker.sleep(this.#nextTurnAt(ready) - ready);
  }

  /** What cannot wait for a database that does not answer. */
  #watch(): void {
    this.#flight.loseExpired();
    this.#abortInTime(this.#engine.clock.now());
  }

  #abortInTime(now: number): void {
    if (now < this.#abortAt || this.#aborted) return;
    this.#aborted = true;
    this.#flight.abortAll();
  }

  async #renew(now: number): Promise<void> {
    if (now < this.#renewAt) return;
    // Where this fails it is tried again well before the leases end.
    this.#renewAt = now + this.#heartbeat / 6;
    await this.#flight.renew(this.#engine.storage, now + this.#lease);
    this.#renewAt = now + this.#heartbeat;
  }

  async #flush(now: number): Promise<void> {
    if (now < this.#committer.nextAt) return;
    // With few queries left, what ends waits for the rest, for as long as its lease is safe.
    const latest = this.#committer.pendingSince + this.#heartbeat;
    const saving = this.#budget.left(now) <= 0 && this.#flight.size > 0 && now < latest;
    if (saving) this.#committer.flushAt(latest);
    else await this.#committer.flush(now);
  }

  async #rescue(now: number): Promise<void> {
    if (now < this.#rescuer.nextAt) return;
    // Where queries are few, those that claim go first.
    if (this.#budget.left(now) <= DRAIN_DEFAULTS.rescueQueries) return this.#rescuer.stop();
    await this.#rescuer.rescue(now, this.#backoff, this.#claimRequest(now));
  }

  async #claim(): Promise<void> {
    const { storage, clock } = this.#engine;
    const before = clock.now();
    if (this.#rescuer.quarantine) return this.#claimQuarantined(before);
    const { free } = this.#flight;
    if (free === 0 || !(await this.#poller.look(before, this.#pollSpacing(before)))) return;
    const now = clock.now();
    const limit = Math.min(free + this.#pace.prefetch(now), this.#tasksLeft());
    this.#pace.noteSent(now);
    const tasks = await storage.claimMany(this.#claimRequest(now, limit));
    this.#pace.noteReply(clock.now());
    this.#poller.noteClaim({ at: now, limit, found: tasks.length }, now < this.#lingerUntil);
    this.#take(tasks);
  }

  /** A task of the quarantine may kill its worker: nothing else is in flight beside it. */
  async #claimQuarantined(now: number): Promise<void> {
    if (this.#flight.size > 0 || this.#committer.size > 0) return;
    const task = await this.#engine.storage.claimQuarantined(this.#claimRequest(now));
    this.#rescuer.quarantine = task !== null;
    if (task !== null) this.#take([task]);
  }

  #take(tasks: readonly ClaimedTask[]): void {
    this.#claimed += tasks.length;
    const now = this.#engine.clock.now();
    for (const { timeout } of tasks) this.#budget.keepUntil(Math.min(this.#abortAt, now + timeout));
    if (this.#end === null && !this.#aborted) this.#flight.add(tasks);
    // The stop or the hard deadline came while the claim was under way.
    else for (const task of tasks) this.#onEnd(task, { kind: "release" });
  }

  /** @param limit at most this many tasks */
  #claimRequest(now: number, limit = 1): ClaimRequest {
    return {
      limit,
      now,
      leaseExpiresAt: now + this.#lease,
      longestTimeout: this.#longestTimeout(now),
      queues: this.#options.queues,
    };
  }

  /** A task must fit the time left, and its heartbeats the queries left. */
  #longestTimeout(now: number): number | undefined {
    const longest = Math.min(this.#abortAt - now, this.#budget.longestTimeout(now));
    return longest === NEVER ? undefined : longest;
  }

  #onEnd(task: ClaimedTask, outcome: Outcome): void {
    const now = this.#engine.clock.now();
    const settlement = settle(task, outcome, now, this.#backoff);
    this.#pace.noteEnd();
    if (settlement === null) this.#committer.lose(task);
    else this.#committer.add({ task, settlement }, now);
    if (this.#flight.size === 0) {
      this.#budget.keepNothing();
      this.#committer.flushAt(now);
    }
    this.#waker.wake(Math.min(this.#committer.nextAt - now, DRAIN_DEFAULTS.flushDelay));
  }

  #findLimit(): DrainEnd | null {
    const now = this.#engine.clock.now();
    if (now >= this.#deadline || now >= this.#abortAt) return "deadline";
    if (this.#tasksLeft() === 0) return "max-tasks";
    return this.#budget.left(now) <= 0 ? "query-budget" : null;
  }

  #findEmpty(): DrainEnd | null {
    const now = this.#engine.clock.now();
    const idle = this.#flight.size === 0 && this.#committer.size === 0 && !this.#rescuer.quarantine;
    if (!idle || now < this.#lingerUntil || now >= this.#rescuer.nextAt) return null;
    // Tasks may have come while the last ones ran: only an empty claim after them tells that there are none.
    const { lastClaim } = this.#poller;
    const foundNothing = lastClaim?.found === 0 && lastClaim.at >= this.#lingerUntil;
    if (foundNothing && this.#pace.ended === 0) return "empty";
    this.#poller.wake();
    return null;
  }

  async #guarded(during: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#onError(during, error);
    }
  }

  #onError(during: string, error: unknown): void {
    this.#engine.emit({ type: "storage.failed", during, error });
    this.#flight.loseExpired();
    if (error instanceof StorageUnavailable) this.#waitOut();
    else if (error instanceof QueryLimitReached) this.#giveUp();
    else this.#fail(during, error);
  }

  /** The database does not answer: it is asked again, as long as there is time. */
  #waitOut(): void {
    const now = this.#engine.clock.now();
    const again = now + Math.max(50, Math.round(this.#engine.random() * DRAIN_DEFAULTS.poll));
    this.#poller.postpone(again);
    this.#committer.flushAt(again);
    if (now >= this.#lingerUntil) this.#end ??= "storage-failed";
    if (now >= this.#abortAt + DRAIN_DEFAULTS.lastFlush) this.#committer.drop();
  }

  /** Nothing more can be asked of the database: what is in flight is left to the end of its lease. */
  #giveUp(): void {
    this.#end ??= "query-budget";
    this.#flight.abortAll();
    this.#committer.drop();
  }

  /** Waiting mends nothing, a missing schema for one. What ends from now on is still offered to the database. */
  #fail(during: string, error: unknown): void {
    this.#fatal ??= error;
    this.#end ??= "storage-failed";
    if (during === "settle") this.#committer.drop();
  }

  #stop(): void {
    const { grace = NEVER } = this.#options;
    this.#end ??= "stopped";
    this.#abortAt = Math.min(this.#abortAt, this.#engine.clock.now() + grace);
    this.#flight.releaseWaiting();
    this.#waker.wake();
  }

  #wake(): void {
    this.#poller.wake();
    this.#waker.wake();
  }

  #nextTurnAt(now: number): number {
    const flight = this.#flight;
    const claiming = this.#end === null;
    const alone = this.#rescuer.quarantine && (flight.size > 0 || this.#committer.size > 0);
    return Math.min(
      this.#committer.nextAt,
      flight.size > 0 ? this.#renewAt : NEVER,
      flight.size > 0 && !this.#aborted ? this.#abortAt : NEVER,
      claiming ? Math.min(this.#deadline, this.#rescuer.nextAt) : NEVER,
      claiming && now < this.#lingerUntil ? this.#lingerUntil : NEVER,
      claiming && flight.free > 0 && !alone ? this.#poller.nextAt : NEVER,
    );
  }

  #tasksLeft(): number {
    return Math.max(0, (this.#options.maxTasks ?? NEVER) - this.#claimed);
  }

  /** With few queries left after the next one, polls are spread over the time left. */
  #pollSpacing(now: number): number {
    const left = this.#budget.left(now);
    return left === NEVER ? 0 : (Math.min(this.#deadline, this.#lingerUntil) - now) / Math.max(1, left - 1);
  }
}
