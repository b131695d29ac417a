/** What was stored comes back equal to what was sent. */
import { parseJson } from "../../../src/core/json.ts";
import type { Answer } from "../../support/http.ts";
import type { Front } from "./front.ts";
import type { Body, Probe } from "./probe.ts";
import { demand } from "./replies.ts";

/** Compares by what JSON can tell: `-0` and `0` are one. */
export function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * Reads back what a request stored, if it did.
 *
 * @returns how many values were compared
 */
export async function checkStored(front: Front, probe: Probe, answer: Answer): Promise<number> {
  if (probe.payload !== undefined) return checkPayload(front, probe.payload, answer);
  const { method, path } = probe;
  const { pathname, searchParams } = new URL(`http://omniq.test${path}`);
  if (answer.status === 201) return checkNew(front, probe, answer);
  if (answer.status !== 200) return 0;
  if (method === "PUT") return checkQueue(front, pathname, probe, answer);
  if (method === "GET" && pathname === "/v1/tasks") checkList(searchParams, answer);
  return 0;
}

async function checkNew(front: Front, probe: Probe, answer: Answer): Promise<number> {
  const { body } = answer;
  if ("nextAt" in body) return checkSchedule(front, probe, answer);
  if ("ids" in body || "funcPath" in body) return checkTasks(front, probe, answer);
  // A schedule's, that was told to run.
  await checkTask(front, String(body.id), {});
  return 1;
}

async function checkSchedule(front: Front, { body: sent }: Probe, { body }: Answer): Promise<number> {
  const parsed = parse(sent);
  for (const name of ["name", "cron", "funcPath", "args", "kwargs", "timezone", "catchUp", "catchUpLimit"]) {
    if (!Object.hasOwn(parsed, name)) continue;
    demand(isEqual(body[name], parsed[name]), `the schedule's ${name} to come back`);
  }
  const stored = await front.read(`/v1/schedules/${encodeURIComponent(String(body.name))}`);
  demand(isEqual(stored.body, body), "the schedule to be found as it was answered");
  return 1;
}

/** A payload is stored as it was sent, handed to the handler and given back as its result, or it is refused whole. */
async function checkPayload(
  front: Front,
  { args, kwargs }: NonNullable<Probe["payload"]>,
  answer: Answer,
): Promise<number> {
  const depth = Math.max(args.depth, kwargs.depth);
  if (args.value === undefined || kwargs.value === undefined || depth > 100) {
    // How deep a body can be read at all, the stack that is left tells.
    const codes = depth > 1_000 ? ["not_serializable", "invalid_json"] : ["not_serializable"];
    demand(
      answer.status === 400 && codes.includes(String(answer.body.code)),
      "not_serializable for what cannot be kept",
    );
    return 0;
  }
  demand(answer.status === 201, "201 for what can be kept");
  const sent = { args: args.value, kwargs: kwargs.value };
  const id = String(answer.body.id);
  await checkTask(front, id, sent);
  await front.queue.drain();
  demand(
    isEqual(front.seen.get(id), sent),
    `the handler to see what was sent, not ${JSON.stringify(front.seen.get(id))}`,
  );
  const { body } = await front.read(`/v1/tasks/${id}/result`);
  demand(
    isEqual(body.result, sent.kwargs),
    `the result to be what the handler returned, not ${JSON.stringify(body)}`,
  );
  return 1;
}

async function checkTasks(front: Front, { body: sent }: Probe, { body }: Answer): Promise<number> {
  const parsed = parse(sent);
  const { ids, duplicates } = body;
  if (!Array.isArray(ids) || !Array.isArray(duplicates)) {
    demandTask(parsed, body);
    await checkTask(front, String(body.id), parsed);
    return 1;
  }
  const fresh = ids.map((id, index) => [id, parsed.tasks[index]] as const);
  const inserted = fresh.filter(([id]) => !duplicates.includes(id));
  for (const [id, task] of inserted) await checkTask(front, id, task);
  return inserted.length;
}

async function checkTask(front: Front, id: string, sent: object): Promise<void> {
  const { status, body } = await front.read(`/v1/tasks/${id}`);
  demand(status === 200, `to find task ${id}`);
  demandTask(sent, body);
}

function demandTask(sent: object, task: Answer["body"]): void {
  for (const [name, value] of expectedFields(sent))
    demand(isEqual(task[name], value), `${name} to come back equal, not as ${JSON.stringify(task[name])}`);
}

const MOMENTS = ["eta", "expiresAt"];
/** Told as the moment that they come to. */
const FROM_NOW = ["delay", "expiresIn"];
const FIELDS = ["args", "kwargs", "funcPath", "queue", "uniqueKey", "priority", "maxRetries"];

/** What the next one of its batch may have replaced, or a debounce has moved. */
const REPLACEABLE = ["args", "kwargs", "eta"];

function mayBeReplaced(sent: object): boolean {
  const unique = JSON.stringify("unique" in sent ? sent.unique : null) ?? "";
  return /"replace"|"debounce"/.test(unique);
}

/** An id has no case, a moment many forms. A duration as text is the parser's to read, and has tests of its own. */
function expectedFields(sent: object): (readonly [name: string, value: unknown])[] {
  return Object.entries(sent).flatMap(([name, value]: [string, unknown]) => {
    if (REPLACEABLE.includes(name) && mayBeReplaced(sent)) return [];
    // Where a task that it waits for has failed, it is due at once, to be cancelled.
    if (name === "eta" && "after" in sent) return [];
    if (name === "id") return [[name, String(value).toLowerCase()]];
    if (MOMENTS.includes(name) && typeof value === "string") return [[name, Date.parse(value)]];
    const isComparable = FIELDS.includes(name) || (!FROM_NOW.includes(name) && typeof value === "number");
    return isComparable ? [[name, value]] : [];
  });
}

/** A mark of the byte order may come before JSON; bytes that are no UTF-8 may not have been stored. */
function parse(body: Body) {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return parseJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
}

async function checkQueue(
  front: Front,
  pathname: string,
  { body: sent }: Probe,
  { body }: Answer,
): Promise<number> {
  const settings = parse(sent);
  const name = decodeURIComponent(pathname.split("/").at(-1) ?? "");
  demand(body.name === name, `the queue ${name}`);
  const { queues } = (await front.read("/v1/queues")).body;
  const stored = Array.isArray(queues) ? queues.find((queue) => queue.name === name) : undefined;
  for (const key of ["paused", "concurrency"]) {
    if (!Object.hasOwn(settings, key)) continue;
    demand(body[key] === settings[key] && stored?.[key] === settings[key], `the queue's ${key} to come back`);
  }
  return 1;
}

/** A filter is a value: it lets nothing pass that differs from it. */
function checkList(filter: URLSearchParams, { body: { tasks } }: Answer): void {
  if (!Array.isArray(tasks)) throw new Error("expected a list");
  demand(tasks.length <= Number(filter.get("limit") ?? 100), "no more tasks than the limit");
  for (const name of ["status", "queue", "funcPath"]) {
    const wanted = filter.get(name);
    if (wanted !== null)
      demand(
        tasks.every((task) => task[name] === wanted),
        `only tasks with the ${name}`,
      );
  }
}
