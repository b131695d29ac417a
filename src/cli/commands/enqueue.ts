import type { TaskOptions } from "../../core/prepare.ts";
import { refuseUsage } from "../failure.ts";
import { printResult, tell } from "../output.ts";
import type { TargetOptions } from "../place.ts";
import { readStdin } from "../progress.ts";
import { openTarget } from "../target.ts";
import { enqueueFile } from "./enqueue-file.ts";
import { readWait, waitForResult } from "./result.ts";

export interface EnqueueFlags extends TargetOptions {
  readonly args?: unknown;
  readonly id?: string;
  readonly queue?: string;
  readonly priority?: number;
  readonly eta?: string;
  readonly delay?: string;
  readonly interval?: string;
  readonly maxRetries?: number;
  readonly timeout?: string;
  readonly uniqueKey?: string;
  readonly unique?: unknown;
  readonly expiresAt?: string;
  readonly expiresIn?: string;
  readonly resultTtl?: string;
  readonly keepResult: boolean;
  readonly deleteOnSuccess?: boolean;
  readonly after?: readonly string[];
  readonly afterFailure?: "cancel" | "start";
  readonly idempotencyKey?: string;
  readonly file?: string;
  readonly fromLine: number;
  readonly wait?: string | true;
}

/** Enqueues one task, or those of a file; with `--wait` prints how it ended. */
export async function enqueue(
  funcPath: string | undefined,
  kwargs: string,
  flags: EnqueueFlags,
): Promise<void> {
  const wait = readWait(flags.wait);
  const options = toTaskOptions(flags);
  if (flags.file !== undefined) {
    if (flags.wait !== undefined) throw refuseUsage("expected --file or --wait, got both");
    return enqueueFile({ path: flags.file, funcPath, options, flags });
  }
  if (funcPath === undefined) {
    throw refuseUsage(
      "expected a funcPath or --file, got neither",
      `omniq enqueue math.add '{"a": 1, "b": 2}'`,
    );
  }
  const payload = readPayload(kwargs === "-" ? await readStdin() : kwargs);
  const { client } = await openTarget(flags);
  const receipt = await client.enqueue(funcPath, payload, {
    ...options,
    idempotencyKey: flags.idempotencyKey,
  });
  if (flags.wait === undefined) {
    return printResult(
      flags,
      receipt,
      () => `${receipt.id}${receipt.duplicate ? "  (it was there already)" : ""}`,
    );
  }
  tell(receipt.id);
  await waitForResult(client, receipt.id, wait, flags);
}

function readPayload(text: string): object {
  const payload = parse(text);
  if (typeof payload === "object" && payload !== null && !Array.isArray(payload)) return payload;
  throw refuseUsage(
    "expected kwargs to be a JSON object, got another value",
    `quote it for the shell: '{"a": 1}'`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw refuseUsage(`expected kwargs to be JSON, got ${detail}`, `quote it for the shell: '{"a": 1}'`);
  }
}

/** What was said of the task; what of it cannot be used the server refuses, by its name. */
function toTaskOptions(flags: EnqueueFlags): Partial<TaskOptions> {
  const { args, id, queue, priority, delay, interval, maxRetries, timeout, uniqueKey, unique } = flags;
  const { expiresIn, resultTtl, deleteOnSuccess, after, afterFailure } = flags;
  if (args !== undefined && !Array.isArray(args)) throw refuseUsage("expected --args to be a JSON array");
  const keepResult = flags.keepResult ? undefined : false;
  const moments = { eta: toMoment(flags.eta), expiresAt: toMoment(flags.expiresAt) };
  const own = { args, id, queue, priority, delay, interval, maxRetries, timeout, uniqueKey, unique };
  const more = { expiresIn, resultTtl, keepResult, deleteOnSuccess, after, afterFailure, ...moments };
  return Object.fromEntries(Object.entries({ ...own, ...more }).filter(([, value]) => value !== undefined));
}

function toMoment(text: string | undefined): string | number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
}
