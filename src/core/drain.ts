import { QueryBudget } from "./budget.ts";
import { Claimer } from "./claimer.ts";
import { Committer } from "./committer.ts";
import type { DrainEnd, DrainOptions, DrainReport, Engine } from "./engine.ts";
import type { StorageUse } from "./events.ts";
import { type AttemptNotes, Flight, NO_NOTES } from "./flight.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Horizon } from "./horizon.ts";
import { Judge } from "./judge.ts";
import { DRAIN_DEFAULTS } from "./options.ts";
import { Pace } from "./pace.ts";
import { Poller } from "./poller.ts";
import { Rescuer } from "./rescuer.ts";
import { Sampler } from "./sampler.ts";
import { Scheduler } from "./scheduler.ts";
import { Setbacks } from "./setbacks.ts";
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
  const waited = await engine.clock.synchronize(engine.storage);
  return new Drain(engine, options, engine.clock.now() - waited).run();
}

const NEVER = Number.POSITIVE_INFINITY;

class Drain {
  readonly #engine: Engine;
  readonly #options: DrainOptions;
  readonly #waker = new Waker();
  readonly #flight: Flight;
  readonly #committer: Committer;
  readonly #claimer: Claimer;
  readonly #poller: Poller;
  readonly #rescuer: Rescuer;
  readonly #scheduler: Scheduler;
  readonly #sampler: Sampler;
  readonly #budget: QueryBudget;
  readonly #pace = new Pace();
  readonly #lease: number;
  readonly #heartbeat: Heartbeat;
  readonly #horizon: Horizon;
  readonly #setbacks: Setbacks;
  readonly #judge: Judge;
  #end: DrainEnd | null = null;

  /** @param start when it was asked for: the platform's time runs from then */
  constructor(engine: Engine, options: DrainOptions, start: number) {
    const { storage, clock, emit, records } = engine;
    this.#engine = engine;
    this.#options = options;
    this.#lease = options.lease ?? DRAIN_DEFAULTS.lease;
    const interval = this.#lease / 4;
    this.#horizon = new Horizon(start, options);
    this.#heartbeat = new Heartbeat(start, interval, () => this.#guarded("renew", () => this.#renew()));
    this.#judge = new Judge(engine);
    this.#committer = new Committer(storage, emit, engine.awaited, records);
    this.#poller = new Poller(storage, options);
    this.#budget = new QueryBudget(storage, interval, options.queryBudget, records);
    this.#claimer = new Claimer(engine, this.#pace, this.#budget, this.#horizon, options);
    this.#flight = new Flight({
      ...engine,
      env: engine.envFor((queries) => this.#budget.spend(queries, clock.now())),
      now: () => clock.now(),
      budget: this.#budget,
      concurrency: options.concurrency,
      mayRetry: this.#judge.mayRetry,
      onEnd: (task, outcome, told) => this.#onEnd(task, outcome, told),
    });
    const [flight, committer, poller] = [this.#flight, this.#committer, this.#poller];
    const [heartbeat, horizon] = [this.#heartbeat, this.#horizon];
    this.#setbacks = new Setbacks(engine, { flight, committer, poller, heartbeat, horizon }, this.#lease);
    this.#rescuer = new Rescuer(engine, this.#flight, interval, options.rescue === false ? NEVER : start);
    this.#scheduler = new Scheduler(engine, this.#budget, this.#horizon, start, options);
    this.#sampler = new Sampler(engine, this.#budget, this.#horizon, start);
  }

  async run(): Promise<DrainReport> {
    const { signal, onStart } = this.#options;
    const stop = () => this.#stop();
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    onStart?.(() => this.#wake());
    const watch = setInterval(() => this.#watch(), Math.min(DRAIN_DEFAULTS.watch, this.#lease / 4));
    while (this.#end === null || !this.#isIdle()) await this.#turn();
    clearInterval(watch);
    await this.#heartbeat.settled();
    this.#budget.close();
    signal?.removeEventListener("abort", stop);
    if (this.#setbacks.fatal !== null) throw this.#setbacks.fatal;
    const { claimed } = this.#claimer;
    const { rescued } = this.#rescuer;
    return { ...this.#committer.counts, claimed, rescued, reason: this.#end };
  }

  async #turn(): Promise<void> {
    const now = this.#engine.clock.now();
    if (now >= this.#horizon.abortAt) this.#flight.abortAll();
    this.#heartbeat.beat(now);
    await this.#guarded("settle", () => this.#flush(now));
    this.#end ??= this.#findLimit();
    if (this.#end === null) await this.#guarded("rescue", () => this.#rescue());
    this.#end ??= this.#findLimit();
    if (this.#end === null) await this.#guarded("schedule", () => this.#scheduler.fireDue(this.#poller));
    this.#end ??= this.#findLimit();
    if (this.#end === null) await this.#guarded("sample", () => this.#sampler.sample());
    this.#end ??= this.#findLimit();
    if (this.#end === null) await this.#guarded("claim", () => this.#claim());
    this.#end ??= this.#findLimit() ?? this.#findEmpty();
    if (this.#end !== null && this.#isIdle()) return;
    const ready = this.#engine.clock.now();
    await this.#waker.sleep(this.#nextTurnAt(ready) - ready);
  }

  /** What cannot wait for a database that does not answer. */
  #watch(): void {
    const now = this.#engine.clock.now();
    this.#flight.loseExpired();
    if (now >= this.#horizon.abortAt) this.#flight.abortAll();
    if (this.#engine.clock.isInDoubt) this.#heartbeat.hurry(now);
    this.#heartbeat.beat(now);
  }

  async #renew(): Promise<void> {
    const { storage, clock } = this.#engine;
    const now = await clock.read(storage);
    await this.#flight.renew(storage, this.#committer.unsettled, now + this.#lease);
  }

  async #flush(now: number): Promise<void> {
    if (now < this.#committer.nextAt) return;
    // With few queries left, what ends waits for the rest, for as long as its lease is safe.
    const latest = this.#committer.pendingSince + this.#lease / 4;
    const saving = this.#budget.left(now) <= 0 && this.#flight.size > 0 && now < latest;
    if (saving) this.#committer.flushAt(latest);
    else this.#poller.noteSettled(await this.#committer.flush(now));
  }

  async #rescue(): Promise<void> {
    const now = await this.#engine.clock.read(this.#engine.storage);
    if (now < this.#rescuer.nextAt) return;
    // Where queries are few, those that claim go first.
    if (this.#budget.left(now) <= DRAIN_DEFAULTS.rescueQueries) return this.#rescuer.stop();
    await this.#rescuer.rescue(now, this.#judge.backoff, this.#claimer.request(now));
  }

  async #claim(): Promise<void> {
    const now = await this.#engine.clock.read(this.#engine.storage);
    const { aloneAt } = this.#rescuer;
    if (this.#isIdle() && aloneAt < NEVER) return this.#claimQuarantined();
    if (now >= aloneAt || this.#claimer.room(now, this.#flight) === 0) return;
    if (await this.#poller.look(now, this.#budget.spacing(now, this.#horizon))) await this.#claimDue(aloneAt);
  }

  /** Claims what is due and has ended by then. */
  async #claimDue(endBy: number): Promise<void> {
    const now = this.#engine.clock.now();
    const limit = this.#claimer.room(now, this.#flight);
    if (limit === 0) return;
    const metBefore = this.#claimer.met;
    const tasks = await this.#claimer.claim(this.#claimer.request(now, limit, endBy));
    const found = this.#claimer.met - metBefore;
    this.#poller.noteClaim({ at: now, limit, found }, this.#horizon.lingers(now));
    this.#take(tasks);
  }

  /** A task of the quarantine may kill its worker: nothing else is in flight beside it. Between two of them others have their turn. */
  async #claimQuarantined(): Promise<void> {
    if (this.#rescuer.yields) {
      await this.#claimDue(NEVER);
      this.#rescuer.noteTurn();
      this.#end ??= this.#findLimit();
      if (this.#end !== null || !this.#isIdle()) return;
    }
    const now = this.#engine.clock.now();
    const task = await this.#claimer.claimQuarantined(this.#claimer.request(now));
    if (task === null) return this.#rescuer.resume();
    this.#rescuer.noteAlone(now);
    this.#take([task]);
  }

  #take(tasks: readonly ClaimedTask[]): void {
    const now = this.#engine.clock.now();
    for (const { timeout, leaseExpiresAt } of tasks) {
      this.#budget.keepUntil(Math.min(this.#horizon.abortAt, now + timeout));
      // The claim's reply took its time.
      if (leaseExpiresAt - now < this.#lease / 2) this.#heartbeat.hurry(now);
    }
    if (this.#end === null && !this.#flight.isAborted) this.#flight.add(tasks);
    // The stop or the hard deadline came while the claim was under way.
    else for (const task of tasks) this.#onEnd(task, { kind: "release" });
  }

  #onEnd(task: ClaimedTask, outcome: Outcome, { duration, progress }: AttemptNotes = NO_NOTES): void {
    const now = this.#engine.clock.now();
    const backoff = this.#judge.backoffAfter(task, outcome);
    const explained = this.#budget.explain(outcome, this.#flight.size);
    const settlement = settle({ ...task, progress }, explained, now, backoff);
    this.#pace.noteEnd();
    this.#budget.noteEnd(this.#flight.size);
    if (settlement === null) this.#committer.lose(task);
    else this.#committer.add({ task, settlement: { ...settlement, duration } }, now);
    // What has not started would be refused its queries too.
    if (this.#budget.hasRefused) this.#flight.releaseWaiting();
    if (this.#flight.size === 0) this.#committer.flushAt(now);
    this.#waker.wake(Math.min(this.#committer.nextAt - now, DRAIN_DEFAULTS.flushDelay));
  }

  /** Nothing is held, and nothing is to be written. */
  #isIdle(): boolean {
    return this.#flight.size === 0 && this.#committer.size === 0;
  }

  #findLimit(): DrainEnd | null {
    const now = this.#engine.clock.now();
    if (this.#horizon.isOver(now)) return "deadline";
    if (this.#claimer.tasksLeft === 0) return "max-tasks";
    return this.#budget.isSpent(now, this.#flight.size) ? "query-budget" : null;
  }

  #findEmpty(): DrainEnd | null {
    const now = this.#engine.clock.now();
    const dutyAt = Math.min(this.#rescuer.nextAt, this.#scheduler.nextAt);
    const idle = this.#isIdle() && this.#rescuer.aloneAt === NEVER;
    if (!idle || this.#horizon.lingers(now) || now >= dutyAt) return null;
    // Tasks may have come while the last ones ran: only an empty claim after them tells that there are none.
    const foundNothing = this.#poller.foundNothingSince(this.#horizon.lingerUntil);
    if (foundNothing && this.#pace.ended === 0) return "empty";
    this.#poller.wake();
    return null;
  }

  async #guarded(during: StorageUse, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      const end = this.#setbacks.meet(during, error);
      this.#end ??= end;
    }
  }

  #stop(): void {
    this.#end ??= "stopped";
    this.#horizon.stop(this.#engine.clock.now(), this.#options.grace);
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
    const mayClaim =
      claiming && this.#claimer.room(now, flight) > 0 && (now < this.#rescuer.aloneAt || this.#isIdle());
    return Math.min(
      this.#committer.nextAt,
      flight.size > 0 ? this.#heartbeat.nextAt : NEVER,
      flight.size > 0 && !flight.isAborted ? this.#horizon.abortAt : NEVER,
      claiming ? Math.min(this.#horizon.deadline, this.#rescuer.nextAt, this.#scheduler.nextAt) : NEVER,
      claiming && this.#horizon.lingers(now) ? this.#horizon.lingerUntil : NEVER,
      claiming ? this.#sampler.nextAt(now) : NEVER,
      mayClaim ? this.#poller.nextAt : NEVER,
    );
  }
}
