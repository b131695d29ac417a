import type { IdempotencyKey } from "../core/storage.ts";
import type { NewTask } from "../core/task.ts";
import type { Databases } from "./databases.ts";
import { toLists } from "./lists.ts";
import type { Statement } from "./statements/statement.ts";
import type { Statements } from "./statements.ts";

/** What goes into the batch of an insert whose tasks wait for others; nothing where none does. */
export interface DependencyPlan {
  readonly before: readonly Statement<never>[];
  readonly after: readonly Statement<unknown>[];
}

/** Edges go first, so that each task is written once, as it is to be; what they rely on is asserted at the end. */
export function planDependencies(
  sql: Statements,
  tasks: readonly NewTask[],
  now: number,
  idempotency?: IdempotencyKey,
): DependencyPlan {
  const waiting = findWaiting(tasks);
  const lists = toLists(waiting, waitingJson).map(({ json }) => json);
  return {
    before: lists.map((list) =>
      idempotency === undefined
        ? sql.insertEdges({ waiting: list, now })
        : sql.insertEdgesOnce({ waiting: list, now, ...idempotency }),
    ),
    after: lists.flatMap((list) => [
      ...(waiting.some(({ uniqueKey }) => uniqueKey !== null)
        ? [sql.deleteLooseEdges({ waiting: list })]
        : []),
      sql.assertParents({ waiting: list }),
    ]),
  };
}

/** The tasks that these wait for and that are neither there nor inserted with them. */
export async function findMissingParents(
  { tasks: connection, sql }: Databases,
  tasks: readonly NewTask[],
): Promise<string[]> {
  const waiting = findWaiting(tasks);
  if (waiting.length === 0) return [];
  const { missing } = await connection.decideMany({
    missing: toLists(waiting, waitingJson).map(({ json }) => sql.findMissingParents({ waiting: json })),
  });
  // One with a unique key may have met another: then it is not inserted under its own id.
  const inserted = new Set(tasks.filter(({ uniqueKey }) => uniqueKey === null).map(({ id }) => id));
  return [...new Set(missing.map(({ id }) => id).filter((id) => !inserted.has(id)))];
}

/** Of inputs with the same id the first is inserted. */
function findWaiting(tasks: readonly NewTask[]): NewTask[] {
  const waiting = tasks.filter(({ extras }) => extras !== null && extras.after.length > 0);
  if (waiting.length === 0) return waiting;
  const first = new Map<string, NewTask>();
  for (const task of tasks) if (!first.has(task.id)) first.set(task.id, task);
  return waiting.filter((task) => first.get(task.id) === task);
}

function waitingJson({ id, extras }: NewTask): string {
  return JSON.stringify({ id, after: extras?.after, startsAnyway: Number(extras?.startsAnyway) });
}
