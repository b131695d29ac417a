import * as v from "valibot";
import { NonRetryable } from "./core/control.ts";
import { sha256 } from "./core/digest.ts";
import { defineTask } from "./core/registry.ts";
import { schedule } from "./core/schedule.ts";

/** Adds two numbers. */
export const add = defineTask("sample.add", {
  input: v.object({ a: v.number(), b: v.number() }),
  run: ({ a, b }) => ({ sum: a + b }),
});

/** Fails as often as it is told, then succeeds: shows the retries. */
export const flaky = defineTask("sample.flaky", {
  input: v.object({ failures: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
  run: ({ failures }, { task }) => {
    if (task.failures < failures) throw new Error(`failure ${task.failures + 1} of ${failures}, as told`);
    return { attempts: task.attempts };
  },
});

/** Waits, and stops waiting when it is aborted: at its timeout, when it is cancelled, when the worker stops. */
export const sleep = defineTask("sample.sleep", {
  input: v.object({ ms: v.pipe(v.number(), v.minValue(0)) }),
  run: async ({ ms }, { signal }) => {
    const start = Date.now();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    await promise.finally(() => clearTimeout(timer));
    return { slept: Date.now() - start };
  },
});

/** Fetches an address: its status, how many bytes came and their SHA-256. */
export const fetchUrl = defineTask("sample.fetch", {
  input: v.object({ url: v.pipe(v.string(), v.url()) }),
  run: async ({ url }, { signal }) => {
    const response = await fetch(url, { signal });
    const body = await response.arrayBuffer();
    return { status: response.status, bytes: body.byteLength, sha256: await sha256(body) };
  },
});

/** Counts the words of the text given as the only one of `args`. */
export const countWords = defineTask("sample.wordcount", {
  run: (_input, { args: [text] }) => {
    if (typeof text !== "string") throw new NonRetryable(`expected args to be [text], got ${typeof text}`);
    const words = text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
    const counts = new Map<string, number>();
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    return { words: words.length, characters: text.length, counts: Object.fromEntries(counts) };
  },
});

/** Runs again 10 s after each success, and tells how often it has run: an interval task. */
export const tick = defineTask("sample.tick", {
  interval: "10s",
  run: (_input, { task }) => ({ runs: task.attempts, at: new Date().toISOString() }),
});

/** Says that it is there: its schedule shows when it last did. */
export const heartbeat = defineTask("sample.heartbeat", {
  deleteOnSuccess: true,
  run: (_input, { log }) => log.debug("alive"),
});

export const tasks = [add, flaky, sleep, fetchUrl, countWords, tick, heartbeat];

/** One that missed its minute is worth nothing later, nor is a second one that waits. */
export const schedules = [
  schedule("heartbeat", "* * * * *", heartbeat, {}, { catchUp: "skip", unique: { while: "pending" } }),
];
