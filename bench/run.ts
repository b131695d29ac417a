/** `npm run bench`: measures the engine beside its floor, on libSQL and on D1, in one run. `--json FILE` writes the figures. */
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { measureClaim } from "./claim.ts";
import { openD1 } from "./d1.ts";
import type { Figures, OfBoth } from "./figures.ts";
import { measureFileLatency, measureWorkerLatency } from "./latency.ts";
import { openLibsql } from "./libsql.ts";
import { measureMemory, measureProcesses } from "./processes.ts";
import { formatReport } from "./report.ts";
import type { Target } from "./target.ts";
import { measureBulkEnqueue, measureDrain, measureEnqueue } from "./throughput.ts";

const { values: options } = parseArgs({
  options: { json: { type: "string" }, quick: { type: "boolean", default: false } },
});

const FULL = {
  tasks: 20_000,
  single: 500,
  rounds: 5,
  pending: [1_000, 10_000, 100_000, 1_000_000],
  notDue: [100_000, 1_000_000],
  memoryTasks: 10_000,
  fileSamples: 200,
  workerSamples: 20,
};
const QUICK: typeof FULL = {
  ...FULL,
  tasks: 10_000,
  single: 100,
  rounds: 3,
  pending: [1_000, 10_000],
  notDue: [10_000],
  fileSamples: 20,
  workerSamples: 3,
};
const sizes = options.quick ? QUICK : FULL;

const [libsql, d1] = [await openLibsql(), await openD1()];

async function ofBoth<Figure>(
  what: string,
  measure: (target: Target) => Promise<Figure>,
): Promise<OfBoth<Figure>> {
  console.error(`measuring ${what} ...`);
  return { "libsql-file": await measure(libsql), d1: await measure(d1) };
}

async function measureAll(): Promise<Figures> {
  const { tasks, single, rounds, pending, notDue } = sizes;
  const enqueue = await ofBoth("enqueues", (target) => measureEnqueue(target, single, rounds));
  const bulkEnqueue = await ofBoth("bulk enqueues", (target) => measureBulkEnqueue(target, tasks, rounds));
  const drain = await ofBoth("drains", (target) => measureDrain(target, tasks, rounds));
  const claim = await ofBoth("claims", (target) => measureClaim(target, pending, notDue, rounds));
  console.error("measuring latencies ...");
  const latency = {
    "libsql-file": await measureFileLatency(sizes.fileSamples),
    d1: await measureWorkerLatency(d1, sizes.workerSamples),
  };
  console.error("measuring processes and memory ...");
  const processes = { "libsql-file": await measureProcesses(tasks, rounds) };
  const memory = { "libsql-file": await measureMemory(sizes.memoryTasks) };
  const cost = await d1.measureCost();
  return { machine, cost, enqueue, bulkEnqueue, drain, claim, latency, processes, memory };
}

const machine = {
  node: process.version,
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  at: new Date().toISOString(),
};

try {
  const figures = await measureAll();
  console.log(formatReport(figures));
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(figures, null, 2)}\n`);
} finally {
  await Promise.all([libsql.close(), d1.close()]);
}
