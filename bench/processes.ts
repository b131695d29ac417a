/** What processes of their own do with one file. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Memory, median, type Processes } from "./figures.ts";
import { bareLibsql, openFile } from "./libsql.ts";
import { seed } from "./seed.ts";

export type ChildMessage =
  | { readonly ready: true }
  /** A task of `bench.stamp` started. */
  | { readonly startedAt: number }
  /** The end: the `n` of each task that ran, and the most memory that the process had, in bytes. */
  | { readonly ran: readonly number[]; readonly maxRss: number };

export type ChildKind = "runner" | "drain" | "bare";

const PROGRAM = fileURLToPath(new URL("child.ts", import.meta.url));
const MEGABYTE = 1_000_000;

/** Starts a process, and waits until it is ready. */
export async function startChild(kind: ChildKind, url: string, count: number): Promise<ChildProcess> {
  const child = fork(PROGRAM, [kind, url, String(count)]);
  await once(child, "message");
  return child;
}

/** The last thing that a process tells. @throws where it ends without */
async function ended(child: ChildProcess): Promise<Extract<ChildMessage, { ran: unknown }>> {
  const answer = Promise.withResolvers<Extract<ChildMessage, { ran: unknown }>>();
  child.on("message", (message: ChildMessage) => "ran" in message && answer.resolve(message));
  child.on("exit", (code) => answer.reject(new Error(`a process of the bench ended with ${code}`)));
  return answer.promise;
}

/** Two processes drain one file together. */
export async function measureProcesses(count: number, rounds: number): Promise<Processes> {
  const times: { engine: number; floor: number }[] = [];
  let duplicates = 0;
  let missing = 0;
  for (let round = 0; round < rounds; round++) {
    const engine = await drainTogether("drain", count);
    const floor = await drainTogether("bare", count);
    times.push({ engine: engine.milliseconds, floor: floor.milliseconds });
    duplicates += engine.duplicates;
    missing += engine.missing;
  }
  const perSecond = (milliseconds: readonly number[]) => (count / median(milliseconds)) * 1_000;
  return {
    tasksPerSecond: perSecond(times.map(({ engine }) => engine)),
    floor: perSecond(times.map(({ floor }) => floor)),
    ratio: median(times.map(({ engine, floor }) => floor / engine)),
    duplicates,
    missing,
  };
}

async function drainTogether(kind: "drain" | "bare", count: number) {
  const file = await openFile();
  await seed(bareLibsql(file.url), 0, count);
  const children = await Promise.all([startChild(kind, file.url, count), startChild(kind, file.url, count)]);
  const start = performance.now();
  const ends = children.map(ended);
  for (const child of children) child.send("go");
  const ran = (await Promise.all(ends)).flatMap((end) => end.ran);
  const milliseconds = performance.now() - start;
  await file.remove();
  const { size } = new Set(ran);
  return { milliseconds, duplicates: ran.length - size, missing: count - size };
}

/** The most memory that a runner needs for so many tasks. */
export async function measureMemory(count: number): Promise<Memory> {
  const maxRss = await maxRssOf("runner", count);
  const floor = await maxRssOf("bare", count);
  return { maxRss, floor, ratio: floor / maxRss };
}

async function maxRssOf(kind: "runner" | "bare", count: number): Promise<number> {
  const file = await openFile();
  await seed(bareLibsql(file.url), 0, count);
  const child = await startChild(kind, file.url, count);
  const end = ended(child);
  child.send("go");
  const { ran, maxRss } = await end;
  await file.remove();
  if (ran.length !== count) throw new Error(`ran ${ran.length} tasks of ${count}`);
  return maxRss / MEGABYTE;
}
