import type { Committer } from "./committer.ts";
import type { DrainEnd, Engine } from "./engine.ts";
import { QueryLimitReached, SchemaMissing, StorageRejected, StorageUnavailable } from "./errors.ts";
import type { StorageUse } from "./events.ts";
import type { Flight } from "./flight.ts";
import type { Heartbeat } from "./heartbeat.ts";
import type { Horizon } from "./horizon.ts";
import { DRAIN_DEFAULTS } from "./options.ts";
import type { Poller } from "./poller.ts";

/** What of a drain an error of the database concerns. */
interface SetbackParts {
  readonly flight: Pick<Flight, "loseExpired" | "abortAll">;
  readonly committer: Pick<Committer, "flushAt" | "drop" | "pendingSince">;
  readonly poller: Pick<Poller, "postpone">;
  readonly heartbeat: Pick<Heartbeat, "hurry">;
  readonly horizon: Pick<Horizon, "lingers" | "givesUp">;
}

/** Decides what a drain does where the database fails it: it waits, gives up, or ends with the error. */
export class Setbacks {
  readonly #engine: Pick<Engine, "clock" | "emit" | "random">;
  readonly #parts: SetbackParts;
  readonly #lease: number;
  #fatal: unknown = null;

  constructor(engine: Pick<Engine, "clock" | "emit" | "random">, parts: SetbackParts, lease: number) {
    this.#engine = engine;
    this.#parts = parts;
    this.#lease = lease;
  }

  /** What the drain is to throw once all is written that can be; null where nothing. */
  get fatal(): unknown {
    return this.#fatal;
  }

  /** @returns why the drain is to end; null where it goes on */
  meet(during: StorageUse, error: unknown): DrainEnd | null {
    const { flight, heartbeat, horizon } = this.#parts;
    const now = this.#engine.clock.now();
    this.#engine.emit({ type: "storage.failed", during, error });
    if (during === "renew") heartbeat.hurry(now + this.#lease / 24);
    flight.loseExpired();
    // What has ended is worth waiting for, whatever the drain was to do.
    const waits = error instanceof StorageUnavailable || during === "settle" || horizon.lingers(now);
    if (error instanceof QueryLimitReached) return this.#giveUp();
    if (error instanceof SchemaMissing || !waits) return this.#fail(during, error);
    return this.#waitOut(now, error);
  }

  /** It is tried again, as long as there is time; a refusal that outlasts it is thrown. */
  #waitOut(now: number, error: unknown): DrainEnd | null {
    const { committer, horizon, poller } = this.#parts;
    const again = now + Math.max(50, Math.round(this.#engine.random() * DRAIN_DEFAULTS.poll));
    poller.postpone(again);
    committer.flushAt(again);
    const givesUp = horizon.givesUp(now, committer.pendingSince + this.#lease);
    if (givesUp && committer.drop() > 0 && error instanceof StorageRejected) this.#fatal ??= error;
    return horizon.lingers(now) ? null : "storage-failed";
  }

  /** Nothing more can be asked of the database: what is in flight is left to the end of its lease. */
  #giveUp(): DrainEnd {
    this.#parts.flight.abortAll();
    this.#parts.committer.drop();
    return "query-budget";
  }

  /** Waiting mends nothing, a missing schema for one. What ends from now on is still offered to the database. */
  #fail(during: StorageUse, error: unknown): DrainEnd {
    this.#fatal ??= error;
    if (during === "settle") this.#parts.committer.drop();
    return "storage-failed";
  }
}
