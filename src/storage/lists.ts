import { byteLength } from "../core/serialize.ts";
import type { Claim, NewTask, TaskExtras } from "../core/task.ts";
import type { Settlement } from "../core/transitions.ts";

/** Longest JSON text of a list in one statement: D1 limits a bound value, and a chunk must leave room for its neighbours. */
const CHUNK_BYTES = 1024 * 1024;

/** A list that travels as one JSON parameter, and what it holds. */
export interface List<T> {
  readonly json: string;
  readonly items: readonly T[];
}

/** Cuts items into lists of at most about 1 MB of JSON each: one statement takes one of them. */
export function toLists<T>(items: readonly T[], toJson: (item: T) => string): List<T>[] {
  const lists: { json: string[]; items: T[]; size: number }[] = [];
  for (const item of items) {
    const json = toJson(item);
    const size = byteLength(json, CHUNK_BYTES / 64) + 1;
    const open = lists.at(-1);
    if (open !== undefined && open.size + size <= CHUNK_BYTES) {
      open.json.push(json);
      open.items.push(item);
      open.size += size;
    } else {
      lists.push({ json: [json], items: [item], size });
    }
  }
  return lists.map((list) => ({ json: `[${list.json.join()}]`, items: list.items }));
}

/** One element of the list that the inserts read. Written out, since a bulk enqueue spends its time here. */
export function newTaskJson(task: NewTask): string {
  const texts = `"queue":${JSON.stringify(task.queue)},"funcPath":${JSON.stringify(task.funcPath)}`;
  const numbers = `"priority":${task.priority},"eta":${task.eta},"interval":${task.interval},"maxRetries":${task.maxRetries},"timeout":${task.timeout}`;
  const payload = `"uniqueKey":${JSON.stringify(task.uniqueKey)},"args":${task.args},"kwargs":${task.kwargs}`;
  const given = task.extras === null ? "" : JSON.stringify(listed(task.extras)).slice(1, -1);
  const extras = given === "" ? "" : `,${given}`;
  return `{"id":"${task.id}",${texts},${numbers},${payload}${extras}}`;
}

/** As the columns have them, without what is null there: a bulk enqueue through a replica has room for 4 MB. */
function listed({ onSuccess, startsAnyway, after, ...extras }: TaskExtras) {
  // Sorted, to be compared.
  const waits = after.length > 0 ? { after: after.toSorted(), startsAnyway: Number(startsAnyway) } : {};
  const given = Object.entries({ ...extras, onSuccess: onSuccess === "keep" ? null : onSuccess });
  return { ...Object.fromEntries(given.filter(([, value]) => value !== null)), ...waits };
}

/**
 * One element of the list that the settling statements read.
 *
 * @param lastAttemptAt only `writeResults` reads it, since it cannot see the task
 */
export function settlementJson(settlement: Settlement, lastAttemptAt?: number | null): string {
  const { id, attempts, claimToken, duration, kind, progress } = settlement;
  const head = { id, attempts, claimToken, duration, kind, lastAttemptAt, progress: progress ?? undefined };
  switch (settlement.kind) {
    case "done":
      if (!keepsResult(settlement)) return JSON.stringify(head);
      // It is JSON already: it was stringified once, and is not again.
      return `${JSON.stringify(head).slice(0, -1)},"result":${settlement.result}}`;
    case "fail":
      return JSON.stringify({ ...head, error: settlement.error });
    case "retry":
      return JSON.stringify({ ...head, error: settlement.error, eta: settlement.retryAt });
    case "quarantine": {
      const { error, retryAt, counted } = settlement;
      return JSON.stringify({ ...head, error, eta: retryAt, counted: counted ? 1 : 0 });
    }
    case "snooze":
    case "release":
      return JSON.stringify({ ...head, eta: settlement.until });
  }
}

/** One element of the list that `renew` and `findSettled` read. */
export function claimJson({ id, attempts, claimToken, progress }: Claim): string {
  return JSON.stringify({ id, attempts, claimToken, progress: progress ?? undefined });
}

/** Whether what it returned is kept once it has succeeded. */
export function keepsResult({ onSuccess = "keep" }: Claim): boolean {
  return onSuccess === "keep";
}
