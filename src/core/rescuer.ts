import type { Engine } from "./engine.ts";
import type { Flight } from "./flight.ts";
import type { ClaimRequest, RescueBackoff } from "./storage.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** Takes up what died with its worker, and knows when something of the quarantine is to be run alone. */
export class Rescuer {
  readonly #engine: Engine;
  readonly #flight: Pick<Flight, "ids" | "endsBy">;
  readonly #every: number;
  #nextAt: number;
  /** Tasks rescued so far. */
  rescued = 0;
  #aloneAt = NEVER;
  #yields = false;

  /**
   * @param flight what this worker holds
   * @param every how long after a rescue that found nothing the next one is due, in milliseconds
   * @param firstAt when the first one is due
   */
  constructor(engine: Engine, flight: Pick<Flight, "ids" | "endsBy">, every: number, firstAt: number) {
    this.#engine = engine;
    this.#flight = flight;
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
    // What is in flight may end sooner than it was thought.
    return this.#aloneAt === NEVER ? NEVER : Math.min(this.#aloneAt, this.#flight.endsBy());
  }

  /**
   * Whether others have their turn before the next of the quarantine: one claim of whatever is due, after each that has run. It
   * would keep them waiting for the sum of its times otherwise, and a busy queue would keep it waiting for ever.
   */
  get yields(): boolean {
    return this.#yields;
  }

  /** Something of the quarantine runs. */
  noteAlone(now: number): void {
    this.#aloneAt = now;
    this.#yields = true;
  }

  /** Others have their turn: what is in flight now. */
  noteTurn(): void {
    this.#aloneAt = this.#flight.endsBy();
    this.#yields = false;
  }

  /** Nothing of the quarantine waits any more. */
  resume(): void {
    this.#aloneAt = NEVER;
    this.#yields = false;
  }

  /** No further rescue is made. */
  stop(): void {
    this.#nextAt = NEVER;
  }

  /** @param request what a claim from the quarantine would ask for */
  async rescue(now: number, backoff: RescueBackoff, request: ClaimRequest): Promise<void> {
    const { storage, emit, records } = this.#engine;
    this.#nextAt = now + this.#every;
    const rescued = await storage.rescueMany(now, backoff, records);
    for (const { claim, settlement } of rescued) {
      const outcome = settlement.kind === "fail" ? "failed" : "quarantined";
      emit({ type: "task.rescued", task: claim, outcome });
    }
    this.rescued += rescued.length;
    if (rescued.length > 0) this.#nextAt = now;
    // One that runs is not found: it keeps the others waiting until it has ended.
    if (this.#aloneAt < NEVER) return;
    // Only the places that this worker itself takes in a queue are free once its flight has ended.
    if (await storage.hasQuarantined(request, this.#flight.ids)) this.#aloneAt = this.#flight.endsBy();
  }
}
