import type { QueryBudget } from "./budget.ts";
import type { DrainOptions } from "./engine.ts";
import { StorageUnavailable } from "./errors.ts";
import type { Horizon } from "./horizon.ts";
import { DRAIN_DEFAULTS } from "./options.ts";
import type { ClaimRequest, Storage } from "./storage.ts";
import type { ClaimedTask } from "./task.ts";

/** Sends claims, and sends one again that was not answered: what it may have taken must not wait for its leases to end. */
export class Claimer {
  readonly #storage: Pick<Storage, "claimMany">;
  readonly #budget: QueryBudget;
  readonly #horizon: Horizon;
  readonly #options: Pick<DrainOptions, "lease" | "queues">;
  #unanswered: ClaimRequest | null = null;

  constructor(
    storage: Pick<Storage, "claimMany">,
    budget: QueryBudget,
    horizon: Horizon,
    options: Pick<DrainOptions, "lease" | "queues">,
  ) {
    this.#storage = storage;
    this.#budget = budget;
    this.#horizon = horizon;
    this.#options = options;
  }

  /** A claim of what fits the time until `endBy`, and whose heartbeats fit the queries left. */
  request(now: number, limit = 1, endBy = this.#horizon.abortAt): ClaimRequest {
    const { lease = DRAIN_DEFAULTS.lease, queues } = this.#options;
    const longest = Math.max(0, Math.min(endBy - now, this.#budget.longestTimeout(now)));
    const longestTimeout = longest === Number.POSITIVE_INFINITY ? undefined : longest;
    return { limit, now, leaseExpiresAt: now + lease, longestTimeout, queues };
  }

  /** @throws {StorageUnavailable} where nobody knows what the claim took: the next one finds out */
  async claim(request: ClaimRequest): Promise<readonly ClaimedTask[]> {
    const sent = this.#findUnanswered(request.now) ?? { ...request, token: crypto.randomUUID() };
    this.#unanswered = null;
    try {
      return await this.#storage.claimMany(sent);
    } catch (error) {
      if (error instanceof StorageUnavailable) this.#unanswered = { ...sent, resent: true };
      throw error;
    }
  }

  /** Once half of its lease is over, what it took is better left to the rescue. */
  #findUnanswered(now: number): ClaimRequest | null {
    if (this.#unanswered === null) return null;
    const { now: sentAt, leaseExpiresAt } = this.#unanswered;
    return now < (sentAt + leaseExpiresAt) / 2 ? this.#unanswered : null;
  }
}
