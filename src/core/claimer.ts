import { StorageUnavailable } from "./errors.ts";
import type { ClaimRequest, Storage } from "./storage.ts";
import type { ClaimedTask } from "./task.ts";

/** Sends claims, and sends one again that was not answered: what it may have taken must not wait for its leases to end. */
export class Claimer {
  readonly #storage: Pick<Storage, "claimMany">;
  #unanswered: ClaimRequest | null = null;

  constructor(storage: Pick<Storage, "claimMany">) {
    this.#storage = storage;
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
