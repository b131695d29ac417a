import type { Engine } from "./engine.ts";
import type { ClaimRequest } from "./storage.ts";

/** Takes up what died with its worker, and knows when something of the quarantine is to be run alone. */
export class Rescuer {
  readonly #engine: Engine;
  readonly #every: number;
  #nextAt: number;
  /** Tasks rescued so far. */
  rescued = 0;
  #aloneAt = Number.POSITIVE_INFINITY;

  /**
   * @param every how long after a rescue that found nothing the next one is due, in milliseconds
   * @param firstAt when the first one is due
   */
  constructor(engine: Engine, every: number, firstAt: number) {
    this.#engine = engine;
    this.#every = every;
    this.#nextAt = firstAt;
  }

  get nextAt(): number {
    return this.#nextAt;
  }

  /**
   * When a task of the quarantine runs alone: what is in flight has ended by then, and nothing else is claimed that would not
   * have. Infinite where none waits.
   */
  get aloneAt(): number {
    return this.#aloneAt;
  }

  /** Something of the quarantine waits. @param endsBy when what is in flight has ended, which may be sooner than it was thought */
  wait(endsBy: number): void {
    this.#aloneAt = Math.min(this.#aloneAt, endsBy);
  }

  /** Nothing of the quarantine waits any more. */
  resume(): void {
    this.#aloneAt = Number.POSITIVE_INFINITY;
  }

  /** No further rescue is made. */
  stop(): void {
    this.#nextAt = Number.POSITIVE_INFINITY;
  }

  /**
   * @param request what a claim from the quarantine would ask for
   * @returns true where something of the quarantine waits that is not known to
   */
  async rescue(now: number, backoff: (failures: number) => number, request: ClaimRequest): Promise<boolean> {
    const { storage, emit } = this.#engine;
    this.#nextAt = now + this.#every;
    const rescued = await storage.rescueMany(now, backoff);
    for (const { claim, settlement } of rescued) {
      const outcome = settlement.kind === "fail" ? "failed" : "quarantined";
      emit({ type: "task.rescued", task: claim, outcome });
    }
    this.rescued += rescued.length;
    if (rescued.length > 0) this.#nextAt = now;
    // One that runs is not found: it keeps the others waiting until it has ended.
    return this.#aloneAt === Number.POSITIVE_INFINITY && (await storage.hasQuarantined(request));
  }
}
