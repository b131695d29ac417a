import {
  IdConflictError,
  IdempotencyConflictError,
  ParentNotFoundError,
  StorageRejected,
  TooLargeError,
} from "../core/errors.ts";
import type { EnqueueReceipt, IdempotencyKey } from "../core/storage.ts";
import type { NewTask } from "../core/task.ts";
import type { Databases } from "./databases.ts";
import { findMissingParents, planDependencies } from "./dependencies.ts";
import { type List, newTaskJson, toLists } from "./lists.ts";
import { findOverwritten, findRepeated } from "./repeated.ts";
import type { Statement } from "./statements/statement.ts";
import type { Statements } from "./statements.ts";
import { findUniqueConflict, foldReplacements, planUnique, replaces } from "./unique.ts";

/** Of less than the message's 4 MB, since statements have their own share. */
const REPLICA_BYTES = 3.5 * 1024 ** 2;

/** Inserts tasks, all or nothing, and tells for each input which task it became or met. */
export async function enqueueMany(
  databases: Databases,
  given: readonly NewTask[],
  now: number,
  idempotency?: IdempotencyKey,
): Promise<readonly EnqueueReceipt[]> {
  if (given.length === 0) return [];
  const tasks = foldReplacements(given);
  const reply = await send(databases, toLists(tasks, newTaskJson), now, idempotency);
  const replay = idempotency === undefined ? null : readReplay(tasks, reply, idempotency, now);
  return replay ?? readReceipts(tasks, reply, now);
}

/** The statements of a plain insert, for a batch that the caller composes: it fails where an id exists with another content. */
export function enqueueStatements(sql: Statements, tasks: readonly NewTask[], now: number): Statement[] {
  const lists = toLists(tasks, newTaskJson);
  const { before, after } = planDependencies(sql, tasks, now);
  return [
    ...before,
    ...lists.map((list) => insert(sql, list, now)),
    ...after,
    ...assertSameContent(sql, lists),
  ];
}

function insert(
  sql: Statements,
  { json, items }: List<NewTask>,
  now: number,
  idempotency?: IdempotencyKey,
): Statement<{ id: string }> {
  const values = { tasks: json, now };
  const plain = items.every(({ extras }) => extras === null);
  if (idempotency === undefined) return plain ? sql.enqueue(values) : sql.enqueueWithExtras(values);
  const once = { ...values, ...idempotency };
  return plain ? sql.enqueueOnce(once) : sql.enqueueWithExtrasOnce(once);
}

function assertSameContent(sql: Statements, lists: readonly List<NewTask>[], idempotency?: IdempotencyKey) {
  const given = lists.filter(({ items }) => items.some((task) => task.idGiven));
  return given.map(({ json }) =>
    idempotency === undefined
      ? sql.assertSameContent({ tasks: json })
      : sql.assertSameContentOnce({ tasks: json, ...idempotency }),
  );
}

type Reply = Awaited<ReturnType<typeof send>>;

async function send(
  databases: Databases,
  lists: readonly List<NewTask>[],
  now: number,
  idempotency: IdempotencyKey | undefined,
) {
  const { tasks, sql } = databases;
  try {
    return await tasks.writeMany((resent) => planEnqueue(sql, lists, now, resent, idempotency));
  } catch (error) {
    if (!(error instanceof StorageRejected)) throw error;
    if (error.reason === "other") refuseTooLarge(planEnqueue(sql, lists, now, false, idempotency));
    if (error.reason !== "assertion") throw error;
    const { conflicts } = await tasks.decideMany({
      conflicts: lists.map(({ json }) => sql.findConflicts({ tasks: json })),
    });
    // Where none is on file, the tasks conflict with each other.
    const missing =
      conflicts.length > 0 ? [] : await findMissingParents({ tasks, results: null, sql }, itemsOf(lists));
    if (missing.length > 0) throw new ParentNotFoundError(missing);
    const ids = conflicts.length > 0 ? conflicts.map(({ id }) => id) : findRepeated(itemsOf(lists));
    if (ids.length > 0) throw new IdConflictError(ids);
    const rejected = await findUniqueConflict(databases, lists, now);
    if (rejected !== null) throw rejected;
    const overwritten = findOverwritten(itemsOf(lists));
    throw overwritten.length > 0 ? new IdConflictError(overwritten) : error;
  }
}

/** A replica that has no room for a batch closes its transaction, and does not say why. @throws {TooLargeError} */
function refuseTooLarge(plan: Readonly<Record<string, readonly Statement<unknown>[]>>): void {
  const parameters = Object.values(plan).flatMap((statements) => statements.flatMap((one) => one.parameters));
  const size = parameters.reduce<number>((sum, value) => sum + String(value).length, 0);
  if (size <= REPLICA_BYTES) return;
  const expected =
    "fewer at once: a libSQL replica passes at most 4 MB on to its primary (cut the batch in parts)";
  throw new TooLargeError("tasks", expected, `about ${Math.ceil(size / 1024 ** 2)} MB`);
}

function planEnqueue(
  sql: Statements,
  lists: readonly List<NewTask>[],
  now: number,
  resent: boolean,
  idempotency: IdempotencyKey | undefined,
) {
  // After a resend every task may be there already, ours among them: all are looked up.
  const mayMeet = lists.filter(({ items }) => resent || items.some(mayMeetAnother));
  const { before, after } = planDependencies(sql, itemsOf(lists), now, idempotency);
  const keyed = lists.filter(({ items }) => items.some(({ uniqueKey }) => uniqueKey !== null));
  return {
    over: keyed.map(({ json }) =>
      idempotency === undefined
        ? sql.cancelOver({ tasks: json, now })
        : sql.cancelOverOnce({ tasks: json, now, ...idempotency }),
    ),
    before,
    inserted: lists.map((list) => insert(sql, list, now, idempotency)),
    after,
    ...planUnique(sql, lists, now, resent, idempotency),
    asserted: assertSameContent(sql, lists, idempotency),
    met: mayMeet.map(({ json }) => sql.findDuplicates({ tasks: json })),
    recorded: idempotency === undefined ? [] : recordKey(sql, lists, now, idempotency),
    onFile: idempotency === undefined ? [] : [sql.readIdempotencyKey({ ...idempotency })],
  };
}

/** The id of a child tells its content: it meets the one that an earlier attempt of its parent made. */
function mayMeetAnother({ idGiven, uniqueKey, extras }: NewTask): boolean {
  return idGiven || uniqueKey !== null || (extras !== null && extras.parentId !== null);
}

function itemsOf(lists: readonly List<NewTask>[]): NewTask[] {
  return lists.flatMap(({ items }) => items);
}

function recordKey(
  sql: Statements,
  lists: readonly List<NewTask>[],
  now: number,
  idempotency: IdempotencyKey,
): Statement<{ first: number }>[] {
  const tasks = itemsOf(lists);
  const statements: Statement<{ first: number }>[] = [];
  let recorded = 0;
  for (const { json, items } of toLists(tasks, ({ id, uniqueKey }) => JSON.stringify({ id, uniqueKey }))) {
    const values = { ids: json, ...idempotency };
    statements.push(
      recorded === 0
        ? sql.recordIdempotencyKey({ ...values, now })
        : sql.extendIdempotencyKey({ ...values, recorded }),
    );
    recorded += items.length;
  }
  return statements;
}

function readReceipts(tasks: readonly NewTask[], { rows, resent }: Reply, now: number): EnqueueReceipt[] {
  const fresh = new Set(rows.inserted.map(({ id }) => id));
  const met = new Set<string>();
  const holders = new Map<string, string>();
  for (const { id, unique_key: uniqueKey, created_at: createdAt } of rows.met) {
    met.add(id);
    if (uniqueKey !== null) holders.set(uniqueKey, id);
    // A resend finds what the first send inserted: it bears the instant of this call.
    if (resent && createdAt === now) fresh.add(id);
  }
  // What is there still goes before what has only its window left, as for one that is repeated with its caller's key.
  for (const { key, task_id: id } of rows.windowed) if (!holders.has(key)) holders.set(key, id);
  const replaced = new Set(
    [...rows.replaced, ...rows.replacedBefore].map((row) => `${row.id} ${row.func_path}`),
  );
  for (const { id, funcPath } of tasks) if (fresh.has(id)) replaced.add(`${id} ${funcPath}`);
  const receipts: EnqueueReceipt[] = [];
  for (const task of tasks) {
    const { id, uniqueKey } = task;
    if (fresh.has(id)) {
      receipts.push({ id, duplicate: false });
      // A second input with the same id is the duplicate that it is.
      fresh.delete(id);
    } else {
      const holder = uniqueKey === null || met.has(id) ? undefined : holders.get(uniqueKey);
      const receipt: EnqueueReceipt = { id: holder ?? id, duplicate: true };
      const isReplaced = holder !== undefined && replaces(task) && replaced.has(`${holder} ${task.funcPath}`);
      receipts.push(isReplaced ? { ...receipt, replaced: true } : receipt);
    }
  }
  return receipts;
}

/** What the first request with this key got; null where this is the first. */
function readReplay(
  tasks: readonly NewTask[],
  { rows, resent }: Reply,
  { fingerprint }: IdempotencyKey,
  now: number,
): EnqueueReceipt[] | null {
  const [onFile] = rows.onFile;
  if (onFile === undefined || rows.recorded.length > 0) return null;
  if (onFile.fingerprint !== fingerprint) throw new IdempotencyConflictError();
  const ids: string[] = JSON.parse(onFile.task_ids);
  // A resend finds the key that the first send recorded, with ids that only this call can have given.
  const own = new Set(tasks.map(({ id }) => id));
  if (resent && onFile.created_at === now && ids.some((id) => own.has(id))) return null;
  const isOwn = resent && onFile.created_at === now;
  const replaced = new Set(isOwn ? rows.replacedBefore.map(({ id }) => id) : []);
  return ids.map((id) =>
    replaced.has(id) ? { id, duplicate: true, replaced: true } : { id, duplicate: true },
  );
}
