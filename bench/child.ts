/**
 * A process of its own: `node child.ts KIND URL COUNT`.
 *
 * - `runner`: a runner that stops after `COUNT` tasks;
 * - `drain`: the engine's drain, once told to go;
 * - `bare`: the same statements without the engine, once told to go.
 */
import { existsSync, readFileSync } from "node:fs";
import { SILENT } from "../src/core/log.ts";
import { createQueue } from "../src/core/queue.ts";
import { defineTask } from "../src/core/registry.ts";
import { createRunner } from "../src/node/runner.ts";
import { libsqlStorage } from "../src/storage/libsql.ts";
import { bareDrain } from "./bare.ts";
import { bareLibsql } from "./libsql.ts";
import type { ChildMessage } from "./processes.ts";
import { moment, noop, stamp } from "./tasks.ts";

const STATUS = "/proc/self/status";

const [, , kind, url = "", count] = process.argv;
const ran: number[] = [];
const tell = (message: ChildMessage) => process.send?.(message);
const go = Promise.withResolvers<void>();
process.once("message", () => go.resolve());

function run({ n }: { n: number }): void {
  ran.push(n);
}

async function runRunner(): Promise<void> {
  const stamped = defineTask(stamp.name, { run: () => void tell({ startedAt: moment() }) });
  const onEvent = ({ type }: { type: string }) => {
    if (type === "task.succeeded" && ++succeeded === Number(count)) void runner.stop();
  };
  let succeeded = 0;
  const tasks = [defineTask(noop.name, { run }), stamped];
  const runner = createRunner({ storage: libsqlStorage({ url }), tasks, log: SILENT, onEvent });
  await runner.run();
}

async function runDrain(): Promise<void> {
  const queue = createQueue({ storage: libsqlStorage({ url }), tasks: [defineTask(noop.name, { run })] });
  await go.promise;
  await queue.drain({ concurrency: 10 });
}

async function runBare(): Promise<void> {
  const bare = bareLibsql(url);
  await go.promise;
  await bareDrain(bare, (n) => ran.push(n));
}

/** In bytes. The `maxRSS` of a process on Linux begins with that of the one that started it; its own is in `/proc`. */
function maxRss(): number {
  const status = existsSync(STATUS) ? readFileSync(STATUS, "utf8") : "";
  const [, own = process.resourceUsage().maxRSS] = /VmHWM:\s*(\d+) kB/.exec(status) ?? [];
  return Number(own) * 1_024;
}

tell({ ready: true });
await (kind === "runner" ? runRunner() : kind === "drain" ? runDrain() : runBare());
tell({ ran, maxRss: maxRss() });
process.disconnect();
