/**
 * What the blocks of the docs may take for granted, as globals: a migrated D1 with a queue and a task, a Hono app, and what a Worker
 * is given. A block that declares its own `queue` or `sendEmail` has that one. It is copied beside the blocks, so that `omniq` is the
 * built package here too.
 */
import { glob, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type {
  D1Database,
  D1PreparedStatement,
  ExecutionContext as WorkerContext,
} from "@cloudflare/workers-types";
import { Hono } from "hono";
import { createQueue, defineTask, type Queue } from "omniq";
import { d1Storage } from "omniq/d1";
import * as v from "valibot";
import { getPlatformProxy } from "wrangler";

const sendEmailTask = defineTask("email.send", {
  input: v.object({ to: v.string() }),
  queue: "mail",
  run: ({ to }) => ({ sent: to }),
});

declare global {
  /** The bindings of a Worker, as `wrangler types` writes them. */
  interface Env {
    readonly DB: D1Database;
    readonly RESULTS: D1Database;
    readonly MAILER: {
      send(to: string, options?: { signal?: AbortSignal; idempotencyKey?: string }): Promise<void>;
    };
    readonly BANK: { charge(card: { number: string; year: number }): Promise<{ receipt: string }> };
  }
  type ExecutionContext = WorkerContext;
  var env: Env;
  var ctx: ExecutionContext;
  var app: Hono;
  var queue: Queue<D1PreparedStatement>;
  var sendEmail: typeof sendEmailTask;
}

// A file at each block's side says the bindings; nothing is kept on disk.
const workerd = await getPlatformProxy<Pick<Env, "DB" | "RESULTS">>({ persist: false });

/** Ends the Worker's runtime, and with it the process. */
export const close = () => workerd.dispose();

const waiting: Promise<unknown>[] = [];

/** Waits for what was left to `ctx.waitUntil`, then empties the database for the next block. */
export async function reset(): Promise<void> {
  await Promise.all(waiting.splice(0));
  const tables = ["tasks", "results", "queues", "schedules", "dependencies", "unique_windows", "orders"];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
}

async function migrate(database: D1Database): Promise<void> {
  const root = dirname(createRequire(import.meta.url).resolve("omniq/package.json"));
  const files: string[] = [];
  for await (const file of glob("drizzle/*.sql", { cwd: root })) files.push(join(root, file));
  for (const file of files.sort()) {
    const statements = (await readFile(file, "utf8")).split("--> statement-breakpoint");
    await database.batch(statements.map((statement) => database.prepare(statement)));
  }
}

const { DB, RESULTS } = workerd.env;
await Promise.all([migrate(DB), migrate(RESULTS)]);
await DB.prepare("CREATE TABLE orders (id TEXT PRIMARY KEY, total INTEGER NOT NULL)").run();

globalThis.env = {
  DB,
  RESULTS,
  MAILER: { send: async () => {} },
  BANK: { charge: async ({ number }) => ({ receipt: `r-${number}` }) },
};
globalThis.ctx = {
  waitUntil: (promise: Promise<unknown>) => void waiting.push(promise),
  passThroughOnException: () => {},
  props: {},
} as ExecutionContext;
globalThis.app = new Hono();
globalThis.sendEmail = sendEmailTask;
globalThis.queue = createQueue({ storage: d1Storage(DB), tasks: [sendEmailTask] });
