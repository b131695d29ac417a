import {
  type Check,
  checkClock,
  checkConfiguration,
  checkFailures,
  checkQueues,
  checkReach,
  checkSchedules,
} from "../checks.ts";
import { checkAuthorization } from "../checks-key.ts";
import { EXIT, toFailure } from "../failure.ts";
import { toLines } from "../format.ts";
import { colours, print, printJson } from "../output.ts";
import type { Target, TargetOptions } from "../place.ts";
import { openTarget } from "../target.ts";

/** Examines the queue and the way to it; the command ends with 4 where something is not well. */
export async function examine(flags: TargetOptions): Promise<void> {
  const dates: string[] = [];
  const target = await openTarget(flags, async (url, init) => {
    const response = await fetch(url, init);
    dates.push(response.headers.get("date") ?? "");
    return response;
  });
  const show = flags.json === true ? () => {} : showCheck;
  const checks = await runChecks(target, flags, dates, show);
  const ok = checks.every(({ status }) => status !== "fail");
  if (flags.json === true) printJson({ ok, place: target.place, checks });
  else
    print(
      `\n${ok ? colours.green("All is well.") : colours.red("Not all is well.")} ${colours.dim(target.place)}`,
    );
  if (!ok) process.exitCode = EXIT.unwell;
}

/** In this order: what cannot work where one before it failed is left out. */
async function runChecks(
  target: Target,
  flags: TargetOptions,
  dates: readonly string[],
  show: (check: Check) => void,
): Promise<readonly Check[]> {
  const checks: Check[] = [];
  const run = async (name: string, examineIt: () => Promise<readonly Check[]> | readonly Check[]) => {
    const found = await attempt(name, examineIt);
    checks.push(...found);
    found.forEach(show);
    return found.every(({ status }) => status !== "fail");
  };
  await run("configuration", () => checkConfiguration());
  if (!(await run("reach", () => checkReach(target)))) return checks;
  if (!(await run("key", () => checkAuthorization(target, flags)))) return checks;
  await run("clock", () => checkClock(target, dates));
  await run("queues", () => checkQueues(target));
  await run("schedules", () => checkSchedules(target));
  await run("dead letters", () => checkFailures(target));
  return checks;
}

/** What a check throws is what it found. */
async function attempt(
  name: string,
  examineIt: () => Promise<readonly Check[]> | readonly Check[],
): Promise<readonly Check[]> {
  try {
    return await examineIt();
  } catch (error) {
    const { code, message, hint } = toFailure(error);
    // This is the one that others' hints say to run.
    const own = hint?.replace(", and run `omniq doctor`", "") ?? null;
    return [{ name, status: "fail", detail: `${code}: ${message}`, hint: own }];
  }
}

const SIGNS = { ok: colours.green("✓"), warn: colours.yellow("!"), fail: colours.red("✗") };

function showCheck({ name, status, detail, hint }: Check): void {
  print(`${SIGNS[status]} ${name.padEnd(14)} ${toLines(detail)}`);
  if (hint !== null) print(`  ${" ".repeat(14)} ${colours.dim(hint)}`);
}
