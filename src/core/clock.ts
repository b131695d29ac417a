import { AMBIENT } from "./ambient.ts";
import type { Storage } from "./storage.ts";

/** An answer that took longer, in milliseconds, says too little of when the database read its clock: it is asked again. */
const SLOW = 500;
/** How often it is asked, at most. */
const MEASURES = 3;
/** The machine's clocks drift apart by less, in milliseconds, from one measure to the next. */
const DRIFT = 1_000;

/**
 * The clock of one worker, set by the database's. Leases compare instants of several workers, so all must mean the same by
 * "now", whatever their machines' clocks say, and whoever sets those meanwhile.
 */
export class Clock {
  readonly #injected: (() => number) | undefined;
  /** From the machine's steady clock to the database's; null until it was measured. */
  #offset: number | null = null;
  /** From the machine's steady clock to its other one, when that was measured. */
  #gap = 0;

  /** @param injected a clock that is taken as the database's own */
  constructor(injected?: () => number) {
    this.#injected = injected;
  }

  now(): number {
    if (this.#injected !== undefined) return this.#injected();
    return this.#offset === null ? AMBIENT.now() : Math.round(AMBIENT.steady() + this.#offset);
  }

  /** Whether the machine has slept, or somebody has set its clock: by its own clocks nobody can tell which. */
  get isInDoubt(): boolean {
    return this.#offset !== null && Math.abs(readGap() - this.#gap) > DRIFT;
  }

  /** The time. Where the clock is in doubt the database is asked before. */
  async read(storage: Pick<Storage, "readClock">): Promise<number> {
    if (this.isInDoubt) await this.synchronize(storage);
    return this.now();
  }

  /**
   * Measures the offset to the database's clock: one query, more where it answers slowly, none with an injected clock.
   *
   * @returns how long it took, in milliseconds
   */
  async synchronize(storage: Pick<Storage, "readClock">): Promise<number> {
    if (this.#injected !== undefined) return 0;
    let total = 0;
    for (let measures = 0; measures < MEASURES; measures++) {
      const took = await this.#measure(storage);
      total += took;
      if (took <= SLOW) break;
    }
    return total;
  }

  /** @returns how long the answer took: the database read its clock meanwhile, nobody knows when */
  async #measure(storage: Pick<Storage, "readClock">): Promise<number> {
    const [before, gap] = [AMBIENT.steady(), readGap()];
    const database = await storage.readClock();
    const after = AMBIENT.steady();
    // A slow answer must not move what may be right.
    const [least, most] = [database - after, database - before];
    const known = this.#offset ?? AMBIENT.now() - after;
    this.#offset = Math.min(Math.max(known, least), most);
    // That from before: a sleep during the answer leaves the clock in doubt.
    this.#gap = gap;
    return after - before;
  }
}

function readGap(): number {
  return AMBIENT.now() - AMBIENT.steady();
}
