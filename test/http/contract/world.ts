/** The API over a real database, with tasks in every state and schedules. */
import fc from "fast-check";
import { sha256 } from "../../../src/core/digest.ts";
import { newId } from "../../../src/core/id.ts";
import { createQueue } from "../../../src/core/queue.ts";
import { defineTask } from "../../../src/core/registry.ts";
import { createApi } from "../../../src/http/api.ts";
import { parseKeys, SCOPES, type Scope } from "../../../src/http/keys.ts";
import { add } from "../../../src/tasks.ts";
import type { TestDatabase } from "../../support/database.ts";
import type { Answer, Call, CallOptions } from "../../support/http.ts";
import type { Known } from "./arbitrary.ts";

export type Transport = (send: (request: Request) => Response | Promise<Response>) => Call | Promise<Call>;

/** A key of each scope alone. */
const secretOf = (scope: Scope) => `contract-${scope}`;
const digests = await Promise.all(
  SCOPES.map(async (scope) => `${scope}:${scope}:${await sha256(secretOf(scope))}`),
);

const echo = defineTask("contract.echo", {
  run: (kwargs, { progress }) => {
    progress(0.5, "half");
    return kwargs;
  },
});
const fail = defineTask("contract.fail", {
  run: () => {
    throw new TypeError("as told");
  },
});

export class World {
  readonly call: Call;
  readonly #database: TestDatabase;
  readonly #queue: ReturnType<typeof createQueue>;
  /** One task in each state. */
  ids: readonly string[] = [];
  schedules: readonly string[] = [];

  private constructor(database: TestDatabase, queue: ReturnType<typeof createQueue>, call: Call) {
    this.#database = database;
    this.#queue = queue;
    this.call = call;
  }

  static async open(database: TestDatabase, transport: Transport): Promise<World> {
    const queue = createQueue({ storage: database.storage(), tasks: [echo, fail, add], history: true });
    const api = createApi(() => ({ queue, keys: parseKeys(digests.join()) }));
    return new World(database, queue, await transport((request) => api.fetch(request)));
  }

  /** Calls with a key of that scope; null sends none. */
  as(scope: Scope | null, method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const key: Record<string, string> = scope === null ? {} : { authorization: `Bearer ${secretOf(scope)}` };
    return this.call(method, path, { ...options, headers: { ...key, ...options.headers } });
  }

  /** Enqueues a task, and gives its id. */
  async enqueue(fields: object): Promise<string> {
    const { body, text } = await this.as("admin", "POST", "/v1/tasks", {
      json: { funcPath: "contract.echo", ...fields },
    });
    if (typeof body.id !== "string") throw new Error(text);
    return body.id;
  }

  /** Begins anew. */
  async seed(): Promise<void> {
    await this.#database.clear();
    const ended = [
      await this.enqueue({ kwargs: { to: "a" }, args: [1] }),
      await this.enqueue({ funcPath: "contract.fail", maxRetries: 0 }),
      await this.enqueue({ funcPath: "contract.fail", maxRetries: 3 }),
      await this.enqueue({ interval: "1h", keepResult: false }),
    ];
    await this.#queue.drain();
    const running = await this.enqueue({ queue: "running", priority: 0 });
    await this.#database.storage().dequeue(Date.now());
    const later = await this.enqueue({ delay: "1h", uniqueKey: "later", expiresIn: "2h", resultTtl: "1d" });
    const waiting = await this.enqueue({ after: [later] });
    const cancelled = await this.enqueue({ delay: "1h" });
    await this.as("admin", "POST", `/v1/tasks/${cancelled}/cancel`);
    this.ids = [...ended, running, later, waiting, cancelled];
    const timings = [
      { cron: "0 3 * * *" },
      { every: "5m", uniqueKey: "only one" },
      { every: "1h", expiresIn: "1h" },
    ];
    this.schedules = timings.map((_, index) => `schedule ${index}`);
    for (const [index, timing] of timings.entries()) {
      const json = { name: `schedule ${index}`, funcPath: "contract.echo", ...timing };
      await this.as("admin", "POST", "/v1/schedules", { json });
    }
    await this.as("admin", "POST", "/v1/schedules/schedule%202/disable");
  }

  /** Removes what has ended, whatever the offset of the clock by which it did. */
  async purge(): Promise<void> {
    const olderThan = Date.now() + 3_600_000;
    await this.#database.storage().purgeResults({ olderThan, failedOlderThan: olderThan, cursor: null });
  }

  /** What the document cannot know: which names there are. */
  get known(): Known {
    const id = fc.constantFrom(...this.ids);
    return {
      funcPath: fc.constantFrom("contract.echo", "contract.fail"),
      id: fc.constant(0).map(() => freshId()),
      parentId: id,
      "after[]": id,
      schedule: fc.constantFrom(...this.schedules),
      // Nothing to be waited for.
      wait: fc.constantFrom(0, 1, "0ms", "1ms"),
    };
  }
}

export function freshId(): string {
  return newId(Date.now());
}
