import { AMBIENT } from "./ambient.ts";
import type { Storage } from "./storage.ts";

/**
 * The clock of one worker, set by the database's. Leases compare instants of several workers, so all must mean the same by
 * "now", whatever their machines' clocks say.
 */
export class Clock {
  readonly #read: () => number;
  readonly #injected: boolean;
  #offset = 0;

  /** @param read an injected clock, which is then taken as the database's own */
  constructor(read?: () => number) {
    this.#read = read ?? AMBIENT.now;
    this.#injected = read !== undefined;
  }

  now(): number {
    return this.#read() + this.#offset;
  }

  /** Measures the offset to the database's clock: one query, none with an injected clock. */
  async synchronize(storage: Pick<Storage, "readClock">): Promise<void> {
    if (this.#injected) return;
    const before = this.#read();
    const database = await storage.readClock();
    // The database read its clock between the two, nobody knows when: a slow answer must not move what may be right.
    const [least, most] = [database - this.#read(), database - before];
    this.#offset = Math.min(Math.max(this.#offset, least), most);
  }
}
