/**
 * `node bench/dashboard.ts`: the time to the first byte of each page of the dashboard, of the real Worker on a local D1 with 100,000
 * tasks. Ends with 1 where the median of one is over the bound.
 */
import { PAGES } from "../test/browser/pages.ts";
import { KEYS, openSite } from "../test/browser/site.ts";

/** Milliseconds. */
const BOUND = 300;
const ROUNDS = 15;

/** Those that a page's own links lead to need a browser to be found. */
const addresses = [
  ...PAGES.map(({ path }) => path),
  "/overview/data",
  "/overview/data?range=day",
  "/tasks?text=nowhere",
  "/dead-letters/confirm?action=retry",
].filter((path) => typeof path === "string");

const site = await openSite();
try {
  const cookie = await signIn(site.origin);
  const rows = [];
  const task = await findTask(site.origin, cookie);
  for (const path of [...addresses, task, `${task}/copy`]) {
    const times: number[] = [];
    // The first is not counted: the Worker compiles what it runs then.
    for (let round = 0; round <= ROUNDS; round++) {
      const time = await timeToFirstByte(`${site.origin}${path}`, cookie);
      if (round > 0) times.push(time);
    }
    times.sort((a, b) => a - b);
    rows.push({ page: path, "median ms": at(times, 0.5), "worst ms": at(times, 1) });
  }
  console.table(rows);
  if (rows.some((row) => row["median ms"] > BOUND)) process.exitCode = 1;
} finally {
  await site.close();
}

async function signIn(origin: string): Promise<string> {
  const body = new URLSearchParams({ key: KEYS.admin });
  const response = await fetch(`${origin}/sign-in`, {
    method: "POST",
    body,
    headers: { origin },
    redirect: "manual",
  });
  return (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}

async function findTask(origin: string, cookie: string): Promise<string> {
  const response = await fetch(`${origin}/tasks?status=FAILED`, { headers: { cookie } });
  const [, path = ""] = /href="(tasks\/[0-9a-f-]{36})"/.exec(await response.text()) ?? [];
  return `/${path}`;
}

async function timeToFirstByte(url: string, cookie: string): Promise<number> {
  const start = performance.now();
  const response = await fetch(url, { headers: { cookie, accept: "text/html" }, redirect: "manual" });
  const reader = response.body?.getReader();
  await reader?.read();
  const time = performance.now() - start;
  await reader?.cancel();
  if (response.status !== 200) throw new Error(`expected ${url} to answer 200, got ${response.status}`);
  return time;
}

function at(times: readonly number[], part: number): number {
  return Math.round(times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0);
}
