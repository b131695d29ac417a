import { UniqueConflictError } from "../core/errors.ts";
import type { IdempotencyKey } from "../core/storage.ts";
import type { NewTask, UniqueRule } from "../core/task.ts";
import type { UniqueStorage } from "../core/unique.ts";
import type { Databases } from "./databases.ts";
import { type List, toLists } from "./lists.ts";
import { WINDOWS_PAGE } from "./statements/unique.ts";
import type { Statements } from "./statements.ts";

export function makeUniques({ tasks, sql }: Databases): UniqueStorage {
  return {
    async purgeWindows(now) {
      const gone = await tasks.write(sql.purgeWindows({ now }));
      return { more: gone.length === WINDOWS_PAGE };
    },
  };
}

function ruleOf({ extras }: NewTask): UniqueRule | null {
  return extras?.unique ?? null;
}

const hasWindow = (task: NewTask) => typeof ruleOf(task)?.within === "number";
export const replaces = (task: NewTask) => ruleOf(task)?.onConflict === "replace";
const rejects = (task: NewTask) => ruleOf(task)?.onConflict === "reject";

/**
 * Of those in one batch that replace each other, all have the payload of the last, so that each is answered alike however often it
 * is sent, and whichever of them was on file first.
 */
export function foldReplacements(tasks: readonly NewTask[]): readonly NewTask[] {
  if (!tasks.some(replaces)) return tasks;
  const folded = new Map<string, NewTask>();
  for (const task of tasks.filter(replaces)) {
    const before = folded.get(nameOf(task));
    const keepsEta = before === undefined || ruleOf(task)?.debounce !== null;
    folded.set(nameOf(task), keepsEta ? task : { ...task, eta: Math.min(before.eta, task.eta) });
  }
  return tasks.map((task) => {
    const { args, kwargs, eta } = (replaces(task) && folded.get(nameOf(task))) || task;
    return { ...task, args, kwargs, eta };
  });
}

/** A replacement is of one definition's tasks: the payload of another's would be no payload. */
function nameOf({ uniqueKey, funcPath }: NewTask): string {
  return `${funcPath} ${uniqueKey}`;
}

/** One element of the list that `replace` reads: of inputs that replace each other the payload travels once. */
function replacementJson(inputs: readonly NewTask[]): string {
  const task = inputs.at(-1);
  if (task === undefined) return "null";
  const { id, funcPath, uniqueKey, eta, args, kwargs } = task;
  const ids = inputs.map((input) => input.id);
  const head = JSON.stringify({
    id,
    ids,
    funcPath,
    uniqueKey,
    eta,
    debounce: ruleOf(task)?.debounce ?? null,
  });
  return `${head.slice(0, -1)},"args":${args},"kwargs":${kwargs}}`;
}

/** What unique keys ask for beyond the insert; nothing for tasks that ask for no more. */
export function planUnique(
  sql: Statements,
  lists: readonly List<NewTask>[],
  now: number,
  resent: boolean,
  idempotency: IdempotencyKey | undefined,
) {
  const windowed = lists.filter(({ items }) => items.some(hasWindow));
  const rejecting = lists.filter(({ items }) => items.some(rejects));
  const given = lists.flatMap(({ items }) => items).filter(replaces);
  const byName = Map.groupBy(given, nameOf);
  const replacing = toLists([...byName.values()], replacementJson).map(({ json }) => ({
    replacements: json,
    now,
  }));
  return {
    windows: windowed.map(({ json }) => sql.openWindows({ tasks: json, now })),
    replaced: replacing.map((list) =>
      idempotency === undefined ? sql.replace(list) : sql.replaceOnce({ ...list, ...idempotency }),
    ),
    replacedBefore: resent ? replacing.map(sql.findReplaced) : [],
    notRejected: rejecting.map(({ json }) =>
      idempotency === undefined
        ? sql.assertUnique({ tasks: json })
        : sql.assertUniqueOnce({ tasks: json, ...idempotency }),
    ),
    windowed: windowed.map(({ json }) => sql.findWindows({ tasks: json, now })),
  };
}

/** The error for a batch that an assertion has refused; null where none of its tasks rejects a conflict. */
export async function findUniqueConflict(
  { tasks, sql }: Databases,
  lists: readonly List<NewTask>[],
  now: number,
): Promise<UniqueConflictError | null> {
  const rejecting = lists.filter(({ items }) => items.some(rejects));
  const [first] = rejecting.flatMap(({ items }) => items.filter(rejects));
  if (first === undefined) return null;
  const { conflicts } = await tasks.decideMany({
    conflicts: rejecting.map(({ json }) => sql.findUniqueConflicts({ tasks: json, now })),
  });
  const [conflict] = conflicts;
  if (conflict !== undefined) return new UniqueConflictError(conflict.id, conflict.holder);
  // Where none is on file, it was one of the same batch, or has ended meanwhile.
  const all = lists.flatMap(({ items }) => items);
  const second = all.find(
    (task, index) => rejects(task) && all.findIndex(({ uniqueKey }) => uniqueKey === task.uniqueKey) < index,
  );
  const holder = all.find(({ uniqueKey }) => uniqueKey === second?.uniqueKey);
  return new UniqueConflictError((second ?? first).id, holder?.id ?? null);
}
