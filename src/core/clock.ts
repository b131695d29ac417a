import { AMBIENT } from "./ambient.ts";
import type { Storage } from "./storage.ts";

/**
 * The clock of one worker, set by the database's. Leases compare instants of several workers, so all must mean the same by
 * "now", whatever their machines' clocks say, and whoever sets those meanwhile.
 */
export class Clock {
  readonly #injected: (() => number) | undefined;
  /** From the machine's steady clock to the database's; null until it was measured. */
  #offset: number | null = null;

  /** @param injected a clock that is taken as the database's own */
  constructor(injected?: () => number) {
    this.#injected = injected;
  }

  now(): number {
    if (this.#injected !== undefined) return this.#injected();
    return this.#offset === null ? AMBIENT.now() : Math.round(AMBIENT.steady() + this.#offset);
  }

  /** Measures the offset to the database's clock: one query, none with an injected clock. */
  async synchronize(storage: Pick<Storage, "readClock">): Promise<void> {
    if (this.#injected !== undefined) return;
    const before = AMBIENT.steady();
    const database = await storage.readClock();
    const after = AMBIENT.steady();
    // The database read its clock between the two, nobody knows when: a slow answer must not move what may be right.
    const [least, most] = [database - after, database - before];
    const known = this.#offset ?? AMBIENT.now() - after;
    this.#offset = Math.min(Math.max(known, least), most);
  }
}
