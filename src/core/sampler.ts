import type { QueryBudget } from "./budget.ts";
import type { Engine } from "./engine.ts";
import type { Horizon } from "./horizon.ts";

const NEVER = Number.POSITIVE_INFINITY;
const MINUTE = 60_000;
/** Queries that are left to what runs tasks. */
const KEPT_QUERIES = 3;

/** Keeps what waits, once a minute, for those who look at it later: a duty of a drain that lingers, where there is a history. */
export class Sampler {
  readonly #engine: Pick<Engine, "storage" | "clock">;
  readonly #budget: Pick<QueryBudget, "left">;
  readonly #horizon: Pick<Horizon, "lingers">;
  #nextAt: number;

  constructor(engine: Engine, budget: QueryBudget, horizon: Horizon, start: number) {
    this.#engine = engine;
    this.#budget = budget;
    this.#horizon = horizon;
    // What is short, as a kick is, leaves it to the others.
    this.#nextAt = engine.records && horizon.lingers(start) ? start : NEVER;
  }

  /** When it is due again. */
  nextAt(now: number): number {
    return this.#horizon.lingers(now) ? this.#nextAt : NEVER;
  }

  async sample(): Promise<void> {
    const { storage, clock } = this.#engine;
    const now = clock.now();
    if (now < this.nextAt(now)) return;
    // A minute that fails is left out.
    this.#nextAt = now - (now % MINUTE) + MINUTE;
    if (this.#budget.left(now) > KEPT_QUERIES) await storage.history.recordBacklog(now);
  }
}
