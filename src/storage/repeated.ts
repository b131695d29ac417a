import { type NewTask, NO_EXTRAS } from "../core/task.ts";
import { replaces } from "./unique.ts";

/** Ids that come twice in one batch, with another content. */
export function findRepeated(tasks: readonly NewTask[]): string[] {
  const contents = new Map<string, string>();
  const repeated = new Set<string>();
  for (const task of tasks) {
    const content = contentOf(task);
    if ((contents.get(task.id) ?? content) !== content) repeated.add(task.id);
    contents.set(task.id, content);
  }
  return [...repeated];
}

/** A caller's ids whose payload another input of the batch replaces: they are not what they came as. */
export function findOverwritten(tasks: readonly NewTask[]): string[] {
  const replacing = tasks.filter(replaces);
  const overwritten = tasks.filter(
    ({ id, idGiven, uniqueKey }) =>
      idGiven &&
      uniqueKey !== null &&
      replacing.some((other) => other.uniqueKey === uniqueKey && other.id !== id),
  );
  return [...new Set(overwritten.map(({ id }) => id))];
}

/** As the statement compares it with what is on file: all but the eta, which a delay moves. */
function contentOf({ id: _, idGiven: __, eta: ___, extras, ...content }: NewTask): string {
  const { resultTtl, onSuccess, uniqueWhile, parentId, after, startsAnyway } = extras ?? NO_EXTRAS;
  const waits = after.length === 0 ? null : [startsAnyway, ...after.toSorted()];
  const fields = Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([fields, resultTtl, onSuccess, uniqueWhile, parentId, waits]);
}
