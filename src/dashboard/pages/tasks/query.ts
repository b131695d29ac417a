import type { SearchQuery } from "../../../core/explorer.ts";
import { TASK_STATUSES, type TaskStatus } from "../../../core/task.ts";

/** What the address of the list asks for, each as it was written; empty where it was not. */
export interface TaskQuery {
  readonly status: TaskStatus | "";
  readonly queue: string;
  readonly funcPath: string;
  readonly text: string;
  /** As a browser's field writes a moment, `2026-11-24T09:00`: in UTC. */
  readonly from: string;
  readonly to: string;
  readonly cursor: string;
}

export function readTaskQuery(given: Readonly<Record<string, string>>): TaskQuery {
  const { queue = "", funcPath = "", text = "", from = "", to = "", cursor = "" } = given;
  const status = TASK_STATUSES.find((known) => known === given.status) ?? "";
  return { status, queue, funcPath, text: text.trim(), from, to, cursor };
}

/** @throws nothing: what cannot be used is refused by the search. */
export function toSearch({ from, to, ...query }: TaskQuery): SearchQuery {
  const given = { ...query, from: toInstant(from), to: toInstant(to) };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
}

/** The address of the list with some of this changed. What is not changed stays but the cursor, which is of one list only. */
export function tasksAddress(query: TaskQuery, changes: Partial<TaskQuery> = {}): string {
  const given = Object.entries({ ...query, cursor: "", ...changes }).filter(([, value]) => value !== "");
  const search = new URLSearchParams(given).toString();
  return search === "" ? "tasks" : `tasks?${search}`;
}

/** Whether it narrows the list down. */
export function isFiltered({ cursor: _, ...query }: TaskQuery): boolean {
  return Object.values(query).some((value) => value !== "");
}

/** As a moment of UTC; what is none stays as it was written. */
export function toInstant(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)) return `${text}Z`;
  return text;
}
