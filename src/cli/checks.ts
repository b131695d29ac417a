import { ConfigError } from "../core/errors.ts";
import type { QueueSummary } from "../core/storage.ts";
import { parseConfig } from "../runtime/config.ts";
import { WORKER_DEFAULTS } from "../worker/defaults.ts";
import type { DatabaseTarget } from "./database.ts";
import { formatDuration, formatTasks, quote, toLine } from "./format.ts";
import type { Target } from "./place.ts";

/** What one check found. */
export interface Check {
  readonly name: string;
  readonly status: "ok" | "warn" | "fail";
  readonly detail: string;
  /** What to do, or to run. */
  readonly hint: string | null;
}

export const well = (name: string, detail: string): Check => ({ name, status: "ok", detail, hint: null });
export const odd = (name: string, detail: string, hint: string): Check => ({
  name,
  status: "warn",
  detail,
  hint,
});
export const bad = (name: string, detail: string, hint: string): Check => ({
  name,
  status: "fail",
  detail,
  hint,
});

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** A drain measures the offset and allows for it; what is further off is told by people's clocks as well. */
const CLOCK_OFFSET = 5 * SECOND;
/** A Worker's cron comes once a minute, and may be lost once. */
const OVERDUE = 3 * MINUTE;

/** The variables of this shell: a Worker has its own, whose faults its health tells. */
export function checkConfiguration(): readonly Check[] {
  const name = "configuration";
  try {
    const { queryBudget, keys } = parseConfig(process.env);
    const own = Object.keys(process.env).filter((variable) => variable.startsWith("OMNIQ_"));
    const checks = [
      well(
        name,
        own.length === 0 ? "no OMNIQ_ variable is set here" : `${own.sort().join(", ")} can be used`,
      ),
    ];
    if (keys === null)
      checks.push(odd(name, "OMNIQ_AUTH is none: a server started here lets everybody in", "unset it"));
    return [...checks, budgetOf(queryBudget)];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [bad(name, error.message, `set ${error.field} anew, or unset it`)];
  }
}

function budgetOf(budget: number): Check {
  const name = "query budget";
  if (process.env.OMNIQ_QUERY_BUDGET === undefined) {
    return well(
      name,
      `${WORKER_DEFAULTS.queryBudget}, for D1's Free plan; on the Paid plan set OMNIQ_QUERY_BUDGET=900`,
    );
  }
  if (budget > 1_000)
    return bad(name, `${budget} queries an invocation, and D1 allows 1,000`, "set OMNIQ_QUERY_BUDGET=900");
  return budget > 50
    ? odd(
        name,
        `${budget} queries an invocation: the Free plan of D1 allows 50`,
        "on the Free plan set OMNIQ_QUERY_BUDGET=45",
      )
    : well(name, `${budget} queries an invocation`);
}

/** Whether it answers, and has the schema. */
export async function checkReach(target: Target): Promise<readonly Check[]> {
  const start = performance.now();
  await target.client.health();
  const took = formatDuration(performance.now() - start);
  return [well("reach", `answers in ${took}`), well("schema", "every table, index and trigger is there")];
}

/** How far this machine's clock is from the database's, or the server's. */
export async function checkClock(target: Target, dates: readonly string[]): Promise<readonly Check[]> {
  const name = "clock";
  const offset = isDatabase(target) ? await measure(target) : offsetOf(dates.findLast((date) => date !== ""));
  if (offset === null) return [well(name, "the server tells no time")];
  const shown = `${formatDuration(Math.abs(offset))} ${offset < 0 ? "behind" : "ahead"}`;
  if (Math.abs(offset) <= CLOCK_OFFSET) return [well(name, `this machine's is ${shown}`)];
  return [
    odd(
      name,
      `this machine's is ${shown} of the ${target.kind === "api" ? "server" : "database"}'s`,
      "see that NTP runs here and there: `timedatectl`",
    ),
  ];
}

function isDatabase(target: Target): target is DatabaseTarget {
  return target.kind === "database";
}

async function measure({ storage }: DatabaseTarget): Promise<number> {
  const before = Date.now();
  const theirs = await storage.readClock();
  return (before + Date.now()) / 2 - theirs;
}

/** A Date header is cut to the second. */
function offsetOf(date: string | undefined): number | null {
  if (date === undefined) return null;
  const offset = Date.now() - Date.parse(date);
  return offset >= 0 && offset < SECOND ? 0 : offset;
}

/** Which are stuck, paused, or behind. */
export async function checkQueues({ client }: Target): Promise<readonly Check[]> {
  const queues = await client.queues();
  if (queues.length === 0) return [well("queues", "nothing waits, nothing runs")];
  return queues.map(checkQueue);
}

function checkQueue(queue: QueueSummary): Check {
  const name = `queue ${toLine(queue.name)}`;
  const own = quote(toLine(queue.name));
  const { depth, more, running, paused, oldestDueAge, concurrency } = queue;
  const state = `${depth}${more ? "+" : ""} waiting, ${running} running`;
  if (paused) return odd(name, `${state}, paused`, `\`omniq resume ${own}\` starts its tasks again`);
  if (oldestDueAge === null || oldestDueAge < OVERDUE) return well(name, state);
  const late = `${state}, the oldest has been due for ${formatDuration(oldestDueAge)}`;
  if (running === 0) {
    return bad(
      name,
      late,
      "nobody works on it: see that the Worker's cron trigger is on (`crons` in wrangler.toml), or run `omniq work ./tasks.ts`",
    );
  }
  return concurrency !== null && running >= concurrency
    ? odd(
        name,
        `${late}; its limit of ${concurrency} at once is reached`,
        `\`omniq queues set ${own} --concurrency N\` raises it`,
      )
    : odd(name, late, "it is behind: run more workers, or more handlers at once (`concurrency`)");
}

/** Whether some that should have fired have not. */
export async function checkSchedules({ client }: Target): Promise<readonly Check[]> {
  const name = "schedules";
  const [late, disabled]: [string[], string[]] = [[], []];
  let count = 0;
  const now = Date.now();
  for await (const { name: own, enabled, nextAt } of client.schedules.each()) {
    count++;
    if (!enabled) disabled.push(own);
    else if (nextAt !== null && nextAt < now - OVERDUE) late.push(own);
  }
  const names = (own: readonly string[]) =>
    own.slice(0, 5).map(toLine).join(", ") + (own.length > 5 ? " ..." : "");
  if (late.length > 0)
    return [
      bad(
        name,
        `${late.length} of ${count} should have fired: ${names(late)}`,
        "nobody works: see the cron trigger, or run `omniq work ./tasks.ts`",
      ),
    ];
  if (disabled.length > 0)
    return [
      odd(
        name,
        `${disabled.length} of ${count} disabled: ${names(disabled)}`,
        "`omniq schedules enable NAME` lets one fire again",
      ),
    ];
  return [well(name, count === 0 ? "there is none" : `${count}, all on time`)];
}

/** How many have failed for good. */
export async function checkFailures({ client }: Target): Promise<readonly Check[]> {
  const { count, cursor } = await client.count({ status: "FAILED" }, { pages: 5 });
  const failed = `${cursor === null ? "" : "at least "}${formatTasks(count)} FAILED`;
  return count === 0
    ? [well("dead letters", "none")]
    : [
        odd(
          "dead letters",
          failed,
          "`omniq ls --status FAILED` shows why, `omniq retry --status FAILED` runs them again",
        ),
      ];
}
