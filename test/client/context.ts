import * as v from "valibot";
import { SILENT } from "../../src/core/log.ts";
import { defineTask } from "../../src/core/registry.ts";
import { createApi } from "../../src/http/api.ts";
import { parseKeys } from "../../src/http/keys.ts";
import { createRunner } from "../../src/node/runner.ts";
import { libsqlStorage } from "../../src/storage/libsql.ts";
import { temporaryFolder } from "../support/libsql.ts";
import { serve } from "../support/serve.ts";

export const add = defineTask("math.add", {
  input: v.object({ a: v.number(), b: v.number() }),
  run: ({ a, b }) => ({ sum: a + b }),
});
export const fail = defineTask("test.fail", {
  maxRetries: 0,
  run: () => {
    throw new TypeError("as told");
  },
});
export const noop = defineTask("test.noop", { run: () => {} });
export const tasks = [add, fail, noop];

/** With every scope; its digest is that of the text "secret". */
export const KEY = "secret";
export const KEYS = parseKeys("ci:admin:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b");

/** An API over a libSQL file behind Node's HTTP server, whose tasks are run. */
export async function startServer() {
  const folder = await temporaryFolder();
  const storage = libsqlStorage({ url: `file:${folder.path}/queue.db` });
  await storage.initialize();
  const runner = createRunner({ storage, tasks, signals: false, log: SILENT, history: true });
  const running = runner.run();
  const api = createApi(() => ({ queue: runner.queue, keys: KEYS }));
  const server = await serve((request) => api.fetch(request));
  return {
    url: server.origin,
    queue: runner.queue,
    api,
    async close() {
      await server.close();
      await runner.stop();
      await running;
      await folder.remove();
    },
  };
}

/** What a call throws; null where it does not. */
export async function errorOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return null;
  } catch (error) {
    return error;
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
