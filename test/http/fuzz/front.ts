/** The API over a real database, with handlers that tell what they were given. */
import type { Logger } from "../../../src/core/log.ts";
import { createQueue, type Queue } from "../../../src/core/queue.ts";
import { defineTask } from "../../../src/core/registry.ts";
import { createApi } from "../../../src/http/api.ts";
import { listen } from "../../../src/runtime/log.ts";
import { add } from "../../../src/tasks.ts";
import type { TestDatabase } from "../../support/database.ts";
import type { Answer, Call } from "../../support/http.ts";
import { apiKeys, operator, SECRETS } from "./credentials.ts";
import { PAYLOAD } from "./requests.ts";

/** How the API is reached: by a function, or through a socket. */
export type Transport = (send: (request: Request) => Response | Promise<Response>) => Call | Promise<Call>;

export interface Front {
  readonly call: Call;
  /** As one who may read everything. */
  read(path: string): Promise<Answer>;
  readonly queue: Queue;
  /** What handlers were given, by the task's id. */
  readonly seen: Map<string, { readonly args: unknown; readonly kwargs: unknown }>;
  /** What handlers are to return, by the task's id. */
  readonly given: Map<string, unknown>;
  readonly log: WatchedLog;
  /** Forgets all tasks. */
  clear(): Promise<void>;
}

export async function openFront(database: TestDatabase, transport: Transport): Promise<Front> {
  const log = new WatchedLog();
  const seen: Front["seen"] = new Map();
  const given: Front["given"] = new Map();
  const echo = defineTask("fuzz.echo", {
    run: (kwargs, { task, args }) => {
      seen.set(task.id, { args, kwargs });
      return kwargs;
    },
  });
  const giveBack = defineTask("fuzz.give", { run: (_, { task }) => given.get(task.id) });
  const tasks = [echo, giveBack, add];
  const queue = createQueue({
    storage: database.storage(),
    tasks,
    log: log.logger,
    onEvent: listen(log.logger),
  });
  const onError = (error: unknown) => log.logger.error("request failed", { error: String(error) });
  const api = createApi(() => ({ queue, keys: apiKeys, onError }));
  const call = await transport((request) => api.fetch(request));
  return {
    call,
    read: (path) => call("GET", path, { headers: { authorization: operator.authorization ?? "" } }),
    queue,
    seen,
    given,
    log,
    async clear() {
      seen.clear();
      given.clear();
      await database.clear();
    },
  };
}

/** Takes every line, at every level, and keeps those that hold what they must not. */
class WatchedLog {
  lines = 0;
  readonly leaks: string[] = [];
  readonly #watch = (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    const line = JSON.stringify({ message, ...fields });
    this.lines += 1;
    if ([...SECRETS, PAYLOAD].some((secret) => line.includes(secret))) this.leaks.push(line);
  };
  readonly logger: Logger = { debug: this.#watch, info: this.#watch, warn: this.#watch, error: this.#watch };
}
