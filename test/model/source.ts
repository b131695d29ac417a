/** Data as TypeScript: for programs that can be pasted into a test, and to compare answers by. */

import { firstIdAt } from "../../src/core/id.ts";
import type { NewTask } from "../../src/core/task.ts";
import { NOW, newTask } from "../support/tasks.ts";

/** How many tasks programs tell apart: few, so that they meet each other. */
export const SLOTS = 10;

/** How many tasks the firings of one program may make: each has an id of its own, whether it is sent or not. */
const FIRINGS = 60;

const HOUR = 3_600_000;
const IDS = [
  ...Array.from({ length: SLOTS }, (_, slot) => firstIdAt(NOW + (slot - SLOTS / 2) * 40_000)),
  ...Array.from({ length: FIRINGS }, (_, number) => firstIdAt(NOW + 1 + number)),
];

/** The id of the task with this number; some are ahead of the clock, as a client's may be. */
export function taskId(slot: number): string {
  return IDS[slot % SLOTS] ?? "";
}

/** Null where there are no more. */
export function firingId(number: number): string | null {
  return IDS[SLOTS + number] ?? null;
}

/** Declares the ids that a source text uses. */
export function declareIds(source: string): string[] {
  return IDS.flatMap((id, slot) =>
    new RegExp(`\\b${nameOf(slot)}\\b`).test(source) ? [`const ${nameOf(slot)} = "${id}";`] : [],
  );
}

function nameOf(slot: number): string {
  return `task${slot}`;
}

/** Fields in the order of their names, without tokens, which are random, and without a message of the product's own wording. */
export function toSource(value: unknown): string {
  if (typeof value === "number") return numberSource(value);
  if (typeof value === "string") return textSource(value);
  if (typeof value === "function") return String(value);
  if (Array.isArray(value)) return `[${value.map(toSource).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  if (isNewTask(value)) return `newTask(${fieldsSource(changesOf(value))})`;
  return fieldsSource(value);
}

function numberSource(value: number): string {
  if (value < NOW - 24 * HOUR || !Number.isSafeInteger(value)) return String(value);
  return value < NOW ? `NOW - ${NOW - value}` : value === NOW ? "NOW" : `NOW + ${value - NOW}`;
}

function textSource(value: string): string {
  const slot = IDS.indexOf(value);
  if (slot >= 0) return nameOf(slot);
  return /^[[{]/.test(value) ? `json(${value})` : JSON.stringify(value);
}

function fieldsSource(value: object): string {
  const fields = Object.entries(value)
    .filter(([name, field]) => field !== undefined && name !== "claimToken")
    .filter(([name]) => name !== "message" || Reflect.get(value, "type") !== "LeaseExpiredError")
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const texts = fields.map(([name, field]) => `${name}: ${toSource(field)}`);
  return texts.length === 0 ? "{}" : `{ ${texts.join(", ")} }`;
}

function isNewTask(value: object): value is NewTask {
  return "idGiven" in value;
}

/** What differs from the task that tests insert where they name nothing. */
function changesOf(task: NewTask): Partial<NewTask> {
  const usual = Object.entries({ ...newTask(), id: "" });
  return Object.fromEntries(
    Object.entries(task).filter(
      ([name, field]) => !usual.some(([other, value]) => other === name && value === field),
    ),
  );
}
