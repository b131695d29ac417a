import { IdConflictError, IdempotencyConflictError, StorageRejected } from "../core/errors.ts";
import type { EnqueueReceipt, IdempotencyKey } from "../core/storage.ts";
import type { NewTask } from "../core/task.ts";
import type { Connection } from "./connection.ts";
import type { Row, Statement } from "./driver.ts";
import { type List, newTaskJson, toLists, typed } from "./rows.ts";
import type { Statements } from "./statements.ts";

/** The statements of one enqueue, by what their answers are for. They run in this order, in one transaction. */
interface Plan {
  readonly inserts: readonly Statement[];
  readonly guards: readonly Statement[];
  readonly lookups: readonly Statement[];
  readonly key: readonly Statement[];
}

/** The answers to a plan. */
interface Reply {
  readonly inserted: readonly Row[];
  readonly met: readonly Row[];
  /** First a row where this call recorded the key, last the key on file. */
  readonly key: readonly (readonly Row[])[];
  readonly resent: boolean;
}

/** Inserts tasks, all or nothing, and tells for each input which task it became or met. */
export async function enqueueMany(
  connection: Connection,
  sql: Statements,
  tasks: readonly NewTask[],
  now: number,
  idempotency?: IdempotencyKey,
): Promise<readonly EnqueueReceipt[]> {
  if (tasks.length === 0) return [];
  const lists = toLists(tasks, newTaskJson);
  const reply = await send(connection, sql, lists, now, idempotency);
  if (idempotency !== undefined) {
    const replay = readReplay(tasks, reply, idempotency, now);
    if (replay !== null) return replay;
  }
  return readReceipts(tasks, reply, now);
}

/** The statements of a plain insert, for a batch that the caller composes. */
export function enqueueStatements(sql: Statements, tasks: readonly NewTask[], now: number): Statement[] {
  return toLists(tasks, newTaskJson).map(({ json }) => ({ sql: sql.enqueue, parameters: [json, now] }));
}

function planEnqueue(
  sql: Statements,
  lists: readonly List<NewTask>[],
  now: number,
  resent: boolean,
  idempotency: IdempotencyKey | undefined,
): Plan {
  const idsGiven = lists.filter(({ items }) => items.some((task) => task.idGiven));
  // After a resend every task may be there already, ours among them: all are looked up.
  const mayMeet = lists.filter(
    ({ items }) => resent || items.some((task) => task.idGiven || task.uniqueKey !== null),
  );
  const guards = idsGiven.map(({ json }) => ({ sql: sql.assertSameContent, parameters: [json] }));
  const lookups = mayMeet.map(({ json }) => ({ sql: sql.findDuplicates, parameters: [json] }));
  if (idempotency === undefined) {
    const inserts = lists.map(({ json }) => ({ sql: sql.enqueue, parameters: [json, now] }));
    return { inserts, guards, lookups, key: [] };
  }
  const { apiKey, key, fingerprint, expiredBefore } = idempotency;
  const ids = toLists(
    lists.flatMap(({ items }) => items),
    ({ id, uniqueKey }) => JSON.stringify({ id, uniqueKey }),
  );
  let recorded = 0;
  const record = ids.map(({ json, items }, index) => {
    const parameters = [json, now, apiKey, key, expiredBefore, fingerprint];
    const statement =
      index === 0
        ? { sql: sql.recordIdempotencyKey, parameters }
        : { sql: sql.extendIdempotencyKey, parameters: [json, apiKey, key, fingerprint, recorded] };
    recorded += items.length;
    return statement;
  });
  return {
    inserts: lists.map(({ json }) => ({
      sql: sql.enqueueOnce,
      parameters: [json, now, apiKey, key, expiredBefore],
    })),
    guards,
    lookups,
    key: [...record, { sql: sql.readIdempotencyKey, parameters: [apiKey, key] }],
  };
}

async function send(
  connection: Connection,
  sql: Statements,
  lists: readonly List<NewTask>[],
  now: number,
  idempotency: IdempotencyKey | undefined,
): Promise<Reply> {
  const plan = (resent: boolean) => planEnqueue(sql, lists, now, resent, idempotency);
  try {
    const { rows, resent } = await connection.write((again) => {
      const { inserts, guards, lookups, key } = plan(again);
      return [...inserts, ...guards, ...lookups, ...key];
    });
    const { inserts, guards, lookups } = plan(resent);
    const lookupsAt = inserts.length + guards.length;
    const keyAt = lookupsAt + lookups.length;
    return {
      inserted: rows.slice(0, inserts.length).flat(),
      met: rows.slice(lookupsAt, keyAt).flat(),
      key: rows.slice(keyAt),
      resent,
    };
  } catch (error) {
    if (!(error instanceof StorageRejected) || error.reason !== "assertion") throw error;
    const conflicts = await connection.decideMany(
      lists.map(({ json }) => ({ sql: sql.findConflicts, parameters: [json] })),
    );
    const onFile = typed<{ id: string }>(conflicts.flat()).map((row) => row.id);
    // Where none is on file, the tasks conflict with each other.
    const ids = onFile.length > 0 ? onFile : findRepeated(lists);
    throw ids.length > 0 ? new IdConflictError(ids) : error;
  }
}

function findRepeated(lists: readonly List<NewTask>[]): string[] {
  const seen = new Set<string>();
  const ids = lists.flatMap(({ items }) => items.map(({ id }) => id));
  return [...new Set(ids.filter((id) => seen.size === seen.add(id).size))];
}

function readReceipts(tasks: readonly NewTask[], reply: Reply, now: number): EnqueueReceipt[] {
  const fresh = new Set(typed<{ id: string }>(reply.inserted).map((row) => row.id));
  const met = new Map<string, string>();
  for (const row of typed<{ id: string; unique_key: string | null; created_at: number }>(reply.met)) {
    met.set(`id ${row.id}`, row.id);
    if (row.unique_key !== null) met.set(`key ${row.unique_key}`, row.id);
    // A resend finds what the first send inserted: it bears the instant of this call.
    if (reply.resent && row.created_at === now) fresh.add(row.id);
  }
  return tasks.map((task) => {
    // Deleted, so that a second input with the same id counts as the duplicate that it is.
    if (fresh.delete(task.id)) return { id: task.id, duplicate: false };
    const id =
      met.get(`id ${task.id}`) ?? (task.uniqueKey === null ? undefined : met.get(`key ${task.uniqueKey}`));
    return { id: id ?? task.id, duplicate: true };
  });
}

/** What the first request with this key got; null where this is the first. */
function readReplay(
  tasks: readonly NewTask[],
  reply: Reply,
  idempotency: IdempotencyKey,
  now: number,
): EnqueueReceipt[] | null {
  const [recorded = []] = reply.key;
  const [row] = typed<{ fingerprint: string; task_ids: string; created_at: number }>(reply.key.at(-1) ?? []);
  if (row === undefined || recorded.length > 0) return null;
  if (row.fingerprint !== idempotency.fingerprint) throw new IdempotencyConflictError();
  const ids = JSON.parse(row.task_ids) as string[];
  // A resend finds the key that the first send recorded, with ids that only this call can have given.
  const own = new Set(tasks.map(({ id }) => id));
  if (reply.resent && row.created_at === now && ids.some((id) => own.has(id))) return null;
  return ids.map((id) => ({ id, duplicate: true }));
}
