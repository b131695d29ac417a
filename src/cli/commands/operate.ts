import type { BulkAction } from "../../core/bulk-options.ts";
import type { NewEta, TaskChange } from "../../core/operators.ts";
import { CliError, EXIT, type ExitCode, refuseUsage } from "../failure.ts";
import { hasCondition, toBulkFilter } from "../filter.ts";
import { toLine } from "../format.ts";
import type { FilterFlags } from "../options.ts";
import { printResult, tellFailure } from "../output.ts";
import type { Target, TargetOptions } from "../place.ts";
import { Interrupt, readStdin } from "../progress.ts";
import { openTarget } from "../target.ts";
import { operateMany } from "./operate-many.ts";

export interface OperateFlags extends FilterFlags, TargetOptions {
  readonly everything?: boolean;
  readonly yes?: boolean;
  readonly cursor?: string;
  readonly pages: number;
  readonly eta?: string;
  readonly delay?: string;
  readonly toPriority?: number;
  readonly toQueue?: string;
}

/** A command, by the name that it is typed by, and what it has done to tasks. */
export interface Verb {
  readonly name: string;
  readonly action: BulkAction;
}

/** Does to tasks what the verb says: to those with these ids, or to those that meet the filter. */
export async function operate(verb: Verb, ids: readonly string[], flags: OperateFlags): Promise<void> {
  const filter = toBulkFilter(flags, Date.now());
  const filtered = hasCondition(filter) || flags.everything === true;
  const hint = `\`omniq ${verb.name} ID...\`, or a filter such as --status FAILED --queue mail`;
  if (ids.length > 0 && filtered) throw refuseUsage("expected ids or a filter, got both", hint);
  if (ids.length === 0 && !filtered) throw refuseUsage("expected ids or a filter, got neither", hint);
  if (hasCondition(filter) && flags.everything === true)
    throw refuseUsage("expected a filter or --everything, got both", hint);
  const set = setOf(verb, flags);
  refuseFruitless(verb, flags);
  if (filtered) {
    const { client } = await openTarget(flags);
    return operateMany(verb, client, { filter, set, flags, all: flags.everything === true });
  }
  const listed =
    ids.length === 1 && ids[0] === "-" ? (await readStdin()).split(/\s+/).filter((id) => id !== "") : ids;
  await operateEach(verb, listed, set, flags);
}

/** What `reschedule` and `change` set; of the others nothing. */
function setOf({ action }: Verb, { eta, delay, toPriority, toQueue }: OperateFlags): NewEta & TaskChange {
  if (action === "reschedule") {
    if ((eta === undefined) === (delay === undefined)) throw refuseUsage("expected one of --eta and --delay");
    return eta === undefined ? { delay } : { eta: /^\d+$/.test(eta) ? Number(eta) : eta };
  }
  if (action !== "change") return {};
  if (toPriority === undefined && toQueue === undefined)
    throw refuseUsage("expected --to-priority or --to-queue");
  return {
    ...(toPriority === undefined ? {} : { priority: toPriority }),
    ...(toQueue === undefined ? {} : { queue: toQueue }),
  };
}

const ENDED = ["SUCCESS", "FAILED", "CANCELLED"];

/** A status that forbids the action would skip every task. */
function refuseFruitless({ name, action }: Verb, { status }: OperateFlags): void {
  if (status === undefined) return;
  const hasEnded = ENDED.includes(status);
  if (action === "retry" && (!hasEnded || status === "SUCCESS")) {
    throw refuseUsage(
      `expected --status FAILED or CANCELLED to retry, got ${status}`,
      "`omniq run` makes tasks that wait due now",
    );
  }
  if (action === "delete" && !hasEnded)
    throw refuseUsage(`expected a status of tasks that have ended, got ${status}`);
  if (action !== "retry" && action !== "delete" && hasEnded) {
    throw refuseUsage(
      `expected a status of tasks that have not ended, to ${name} them, got ${status}`,
      "`omniq retry` runs FAILED ones again",
    );
  }
}

/** One by one, each with its answer; the command ends as the first error did. @throws {CliError} where it is told to stop */
async function operateEach(
  verb: Verb,
  ids: readonly string[],
  set: NewEta & TaskChange,
  flags: OperateFlags,
): Promise<void> {
  using interrupt = new Interrupt();
  const { client } = await openTarget(flags);
  let worst: ExitCode = 0;
  for (const [index, id] of ids.entries()) {
    if (await interrupt.isAsked()) {
      const hint = `go on from ${toLine(id)}`;
      const message = `stopped after ${index} of ${ids.length}`;
      throw new CliError("interrupted", message, { hint, exitCode: EXIT.interrupted });
    }
    try {
      const task = await operateOne(client, verb, id, set);
      printResult(
        flags,
        task ?? { id, deleted: true },
        () => `${toLine(id)}: ${task === null ? "deleted" : task.status}`,
      );
    } catch (error) {
      const { exitCode } = tellFailure(error, flags.json === true);
      if (worst === 0) worst = exitCode;
    }
  }
  if (worst !== 0) process.exitCode = worst;
}

/** @returns null where it is deleted */
async function operateOne(client: Target["client"], { action }: Verb, id: string, set: NewEta & TaskChange) {
  switch (action) {
    case "cancel":
      return client.cancel(id);
    case "retry":
      return client.retry(id);
    case "runNow":
      return client.runNow(id);
    case "reschedule":
      return client.reschedule(id, set);
    case "change":
      return client.change(id, set);
    case "delete":
      await client.delete(id);
      return null;
  }
}
