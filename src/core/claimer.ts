import type { QueryBudget } from "./budget.ts";
import type { DrainOptions, Engine } from "./engine.ts";
import { StorageUnavailable } from "./errors.ts";
import type { Flight } from "./flight.ts";
import type { Horizon } from "./horizon.ts";
import { DRAIN_DEFAULTS } from "./options.ts";
import type { Pace } from "./pace.ts";
import type { ClaimRequest } from "./storage.ts";
import type { CancelledAtClaim, ClaimedTask } from "./task.ts";

type ClaimOptions = Pick<DrainOptions, "lease" | "queues" | "maxTasks">;
type Verb = "claimMany" | "claimQuarantined";

/**
 * Says how much a claim may take, sends it, and sends one again that was not answered: what that may have taken must not wait
 * for its leases to end.
 */
export class Claimer {
  /** Goes before the token of each claim, so that what one drain holds can be told from what others hold. */
  readonly #worker = crypto.randomUUID().slice(0, 8);
  readonly #engine: Pick<Engine, "storage" | "clock" | "emit">;
  readonly #pace: Pace;
  readonly #budget: QueryBudget;
  readonly #horizon: Horizon;
  readonly #options: ClaimOptions;
  #claimed = 0;
  #met = 0;
  readonly #unanswered = new Map<Verb, ClaimRequest>();

  constructor(
    engine: Pick<Engine, "storage" | "clock" | "emit">,
    pace: Pace,
    budget: QueryBudget,
    horizon: Horizon,
    options: ClaimOptions,
  ) {
    this.#engine = engine;
    this.#pace = pace;
    this.#budget = budget;
    this.#horizon = horizon;
    this.#options = options;
  }

  /** How many tasks were claimed so far. */
  get claimed(): number {
    return this.#claimed;
  }

  /** How many tasks the claims so far have met: those that they cancelled, since they must not start any more, among them. */
  get met(): number {
    return this.#met;
  }

  /** How many more may be. */
  get tasksLeft(): number {
    return Math.max(0, (this.#options.maxTasks ?? Number.POSITIVE_INFINITY) - this.#claimed);
  }

  /** How many more tasks may be held. */
  room(now: number, { free, size }: Pick<Flight, "free" | "size">): number {
    if (free === 0) return 0;
    return Math.min(free + this.#pace.prefetch(now), this.tasksLeft, this.#budget.room(now, size));
  }

  /** A claim of what fits the time until `endBy`, and the drain's own, and whose heartbeats fit the queries left. */
  request(now: number, limit = 1, endBy = Number.POSITIVE_INFINITY): ClaimRequest {
    const { lease = DRAIN_DEFAULTS.lease, queues } = this.#options;
    const timeLeft = Math.min(endBy, this.#horizon.abortAt) - now;
    const longest = Math.max(0, Math.min(timeLeft, this.#budget.longestTimeout(now)));
    const longestTimeout = longest === Number.POSITIVE_INFINITY ? undefined : longest;
    return { limit, now, leaseExpiresAt: now + lease, longestTimeout, queues };
  }

  /** @throws {StorageUnavailable} where nobody knows what the claim took: the next one finds out */
  async claim(request: ClaimRequest): Promise<readonly ClaimedTask[]> {
    const { storage, clock } = this.#engine;
    this.#pace.noteSent(request.now);
    const tasks = await this.#send("claimMany", request, (sent) => storage.claimMany(sent));
    this.#pace.noteReply(clock.now());
    this.#claimed += tasks.length;
    this.#met += tasks.length;
    return tasks;
  }

  /** The same from the quarantine. */
  async claimQuarantined(request: ClaimRequest): Promise<ClaimedTask | null> {
    const send = (sent: ClaimRequest) => this.#engine.storage.claimQuarantined(sent);
    const task = await this.#send("claimQuarantined", request, send);
    if (task !== null) this.#claimed += 1;
    return task;
  }

  async #send<T>(verb: Verb, request: ClaimRequest, send: (sent: ClaimRequest) => Promise<T>): Promise<T> {
    const fresh = {
      ...request,
      token: `${this.#worker}:${crypto.randomUUID()}`,
      onCancelled: this.#onCancelled,
    };
    const sent = this.#findUnanswered(verb, request.now) ?? fresh;
    this.#unanswered.delete(verb);
    try {
      return await send(sent);
    } catch (error) {
      if (error instanceof StorageUnavailable) this.#unanswered.set(verb, { ...sent, resent: true });
      throw error;
    }
  }

  readonly #onCancelled = ({ id, attempts, funcPath, queue, reason }: CancelledAtClaim) => {
    this.#met += 1;
    this.#engine.emit({ type: "task.cancelled", task: { id, attempts, funcPath, queue }, reason });
  };

  /** Once half of its lease is over, what it took is better left to the rescue. */
  #findUnanswered(verb: Verb, now: number): ClaimRequest | null {
    const unanswered = this.#unanswered.get(verb);
    if (unanswered === undefined) return null;
    return now < (unanswered.now + unanswered.leaseExpiresAt) / 2 ? unanswered : null;
  }
}
