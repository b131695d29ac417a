/**
 * Renews the leases of what a worker holds, beside whatever else it waits for: a flush that the database does not answer must
 * not cost the leases of what still runs.
 */
export class Heartbeat {
  readonly #interval: number;
  readonly #renew: () => Promise<void>;
  #nextAt: number;
  #beating: Promise<void> | null = null;

  /**
   * @param interval between two beats, in milliseconds
   * @param renew renews every lease; its errors are its own
   */
  constructor(now: number, interval: number, renew: () => Promise<void>) {
    this.#interval = interval;
    this.#renew = renew;
    this.#nextAt = now + interval;
  }

  /** When the next beat is due. */
  get nextAt(): number {
    return this.#nextAt;
  }

  /** A beat is due at this moment, where none was before. */
  hurry(moment: number): void {
    this.#nextAt = Math.min(this.#nextAt, moment);
  }

  /** Starts a beat where one is due and none is under way. */
  beat(now: number): void {
    if (now < this.#nextAt || this.#beating !== null) return;
    this.#nextAt = now + this.#interval;
    this.#beating = this.#renew().finally(() => {
      this.#beating = null;
    });
  }

  /** Resolves when no beat is under way. */
  async settled(): Promise<void> {
    await this.#beating;
  }
}
