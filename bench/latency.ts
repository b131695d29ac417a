/** From the call of an enqueue to the first line of its handler, where nothing else is to do. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { createQueue } from "../src/core/queue.ts";
import { libsqlStorage } from "../src/storage/libsql.ts";
import { bareStart } from "./bare.ts";
import type { D1Target } from "./d1.ts";
import { type Latency, median, percentile } from "./figures.ts";
import { bareLibsql, openFile } from "./libsql.ts";
import { startChild } from "./processes.ts";
import { moment, stamp } from "./tasks.ts";

/** Longer than a drain lingers after its kick, so that each enqueue finds the Worker idle. */
const WORKER_PAUSE = 1_200;

/** The first ones meet a process that still starts, and code that is not compiled. */
const WARM_UP = 5;

/** The tasks are enqueued here, and started by a runner in another process. */
export async function measureFileLatency(samples: number): Promise<Latency> {
  const [file, floorFile] = [await openFile(), await openFile()];
  const bare = bareLibsql(floorFile.url);
  const queue = createQueue({ storage: libsqlStorage({ url: file.url }) });
  const child = await startChild("runner", file.url, samples + WARM_UP);
  const latencies: number[] = [];
  const floors: number[] = [];
  for (let n = 0; n < WARM_UP + samples; n++) {
    const floorSent = moment();
    await bareStart(bare);
    floors.push(moment() - floorSent);
    // Not in step with the runner's own looks at the file.
    await sleep(20 + Math.random() * 20);
    const started = once(child, "message");
    const sent = moment();
    await queue.enqueue(stamp, {});
    const [{ startedAt }] = await started;
    latencies.push(startedAt - sent);
  }
  child.kill();
  await once(child, "exit");
  await Promise.all([file.remove(), floorFile.remove()]);
  return toLatency(latencies.slice(WARM_UP), floors.slice(WARM_UP));
}

/** The tasks are POSTed to the Worker, whose kick starts them. */
export async function measureWorkerLatency(target: D1Target, samples: number): Promise<Latency> {
  await target.step({ do: "clear" });
  const latencies: number[] = [];
  const floors: number[] = [];
  for (let n = 0; n < samples; n++) {
    await sleep(WORKER_PAUSE);
    floors.push((await target.step({ do: "bareStart" })).milliseconds);
    await sleep(WORKER_PAUSE);
    const sent = moment();
    const { id } = await postTask(target.url);
    const { startedAt } = await readResult(target.url, id);
    latencies.push(startedAt - sent);
  }
  return toLatency(latencies, floors);
}

async function postTask(url: URL): Promise<{ id: string }> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ funcPath: stamp.name });
  const response = await fetch(new URL("/v1/tasks", url), { method: "POST", headers, body });
  return readJson(response, 201);
}

async function readResult(url: URL, id: string): Promise<{ startedAt: number }> {
  const response = await fetch(new URL(`/v1/tasks/${id}/result?wait=10s`, url));
  const { result } = await readJson<{ result: { startedAt: number } }>(response, 200);
  return result;
}

async function readJson<T>(response: Response, status: number): Promise<T> {
  const text = await response.text();
  if (response.status !== status) throw new Error(`the Worker answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

function toLatency(latencies: readonly number[], floors: readonly number[]): Latency {
  const [p50, floor] = [median(latencies), median(floors)];
  return { p50, p99: percentile(latencies, 0.99), floor, ratio: floor / p50 };
}
