import { createReadStream } from "node:fs";
import { OmniqError } from "../../client/errors.ts";
import type { TaskOptions, TaskRequest } from "../../core/prepare.ts";
import { CliError, EXIT, refuseUsage } from "../failure.ts";
import { formatCount, formatTasks } from "../format.ts";
import { readTextLines } from "../lines.ts";
import { print, printJson, tell } from "../output.ts";
import { Interrupt, startProgress } from "../progress.ts";
import { openTarget } from "../target.ts";
import type { EnqueueFlags } from "./enqueue.ts";

interface Source {
  /** `-` is stdin. */
  readonly path: string;
  readonly funcPath: string | undefined;
  readonly options: Partial<TaskOptions>;
  readonly flags: EnqueueFlags;
}

type Request = TaskRequest & { readonly kwargs?: object };

/** A line that has been read. */
interface Line {
  readonly number: number;
  readonly request: Request;
  readonly size: number;
}

/** In one call, which enqueues all or none: well under what the API takes. */
const CHUNK = { tasks: 1_000, characters: 1_000_000 };

/** Enqueues each line of a file, in order, many a call. */
export async function enqueueFile(source: Source): Promise<void> {
  using interrupt = new Interrupt();
  const { flags } = source;
  // Before anything is sent: a file that is broken at its end is better mended first.
  const total = source.path === "-" ? null : await countLines(source);
  const { client } = await openTarget(flags);
  const progress = startProgress("enqueued", flags.json === true);
  const done = { enqueued: 0, duplicates: 0, nextLine: flags.fromLine };
  try {
    for await (const lines of chunks(readLines(source))) {
      const first = lines[0]?.number ?? 0;
      const key = flags.idempotencyKey;
      const options = key === undefined ? {} : { idempotencyKey: `${key}:${first}` };
      const receipts = await client
        .enqueueMany(
          lines.map(({ request }) => request),
          options,
        )
        .catch((error) => {
          throw nameLine(error, lines);
        });
      const duplicates = receipts.filter(({ duplicate }) => duplicate).length;
      done.duplicates += duplicates;
      done.enqueued += receipts.length - duplicates;
      done.nextLine = (lines.at(-1)?.number ?? first) + 1;
      progress.update(done.enqueued + done.duplicates, total);
      if (await interrupt.isAsked()) break;
    }
  } catch (error) {
    progress.end();
    if (done.nextLine > flags.fromLine)
      tell(`${formatTasks(done.enqueued)} enqueued: go on with --from-line ${done.nextLine}`);
    throw error;
  }
  progress.end();
  const isComplete = !interrupt.asked || (total !== null && done.enqueued + done.duplicates >= total);
  report(source, done, isComplete);
}

function report(
  { flags }: Source,
  done: { enqueued: number; duplicates: number; nextLine: number },
  isComplete: boolean,
): void {
  const { enqueued, duplicates, nextLine } = done;
  if (flags.json === true) printJson({ enqueued, duplicates, nextLine: isComplete ? null : nextLine });
  else
    print(
      `${formatTasks(enqueued)} enqueued${duplicates === 0 ? "" : `, ${formatCount(duplicates)} were there already`}`,
    );
  if (isComplete) return;
  if (flags.json !== true) tell(`stopped: go on with --from-line ${nextLine}`);
  process.exitCode = EXIT.interrupted;
}

async function countLines(source: Source): Promise<number> {
  let count = 0;
  try {
    for await (const _ of readLines(source)) count++;
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error && "code" in error)) throw error;
    const message = `expected ${source.path} to be a file that can be read, got ${error.code}`;
    throw new CliError("no_file", message, { exitCode: EXIT.notFound });
  }
  return count;
}

async function* chunks(lines: AsyncIterable<Line>): AsyncGenerator<readonly Line[]> {
  let [chunk, size]: [Line[], number] = [[], 0];
  for await (const line of lines) {
    if (chunk.length >= CHUNK.tasks || (chunk.length > 0 && size + line.size > CHUNK.characters)) {
      yield chunk;
      [chunk, size] = [[], 0];
    }
    chunk.push(line);
    size += line.size;
  }
  if (chunk.length > 0) yield chunk;
}

/** The lines from `--from-line` on; empty ones are passed over. @throws {CliError} naming the line that is no task */
async function* readLines({ path, funcPath, options, flags }: Source): AsyncGenerator<Line> {
  const input = path === "-" ? process.stdin.setEncoding("utf8") : createReadStream(path, "utf8");
  let number = 0;
  for await (const text of readTextLines(input)) {
    number++;
    if (number < flags.fromLine || text.trim() === "") continue;
    const value = parseLine(text, number);
    const request = { ...options, ...(funcPath === undefined ? value : { funcPath, kwargs: value }) };
    if (!hasName(request))
      throw refuseUsage(`expected line ${number} to have a funcPath, or one to be given, got neither`);
    yield { number, request, size: text.length };
  }
}

function hasName(request: object): request is Request {
  return "funcPath" in request;
}

function parseLine(text: string, number: number): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuseUsage(
      `expected line ${number} to be JSON, got ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw refuseUsage(`expected line ${number} to be a JSON object, got another value`);
}

/** Of `tasks[3].kwargs`, which the server names, the line that it was. */
function nameLine(error: unknown, lines: readonly Line[]): unknown {
  if (!(error instanceof OmniqError)) return error;
  const index = /^tasks\[(\d+)\]/.exec(error.field ?? "")?.[1];
  const line = index === undefined ? undefined : lines[Number(index)];
  if (line === undefined) return error;
  return new CliError(error.code, `line ${line.number}: ${error.message}`, { exitCode: EXIT.usage });
}
