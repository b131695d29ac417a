import { describe } from "../../../core/describe.ts";
import { ValidationError } from "../../../core/errors.ts";
import type { FailureFilter } from "../../../core/inspector.ts";
import { addressOf } from "../../fields.ts";

/** What the addresses of the page ask for, each as it was written; empty where it was not. */
export interface DeadQuery {
  readonly queue: string;
  readonly funcPath: string;
  readonly errorType: string;
}

export function readDeadQuery(given: Readonly<Record<string, string>>): DeadQuery {
  const { queue = "", funcPath = "", errorType = "" } = given;
  return { queue, funcPath, errorType };
}

/** The conditions that are given. */
export function toFilter(query: DeadQuery): FailureFilter {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""));
}

export function isFiltered(query: DeadQuery): boolean {
  return Object.values(query).some((value) => value !== "");
}

export function deadAddress({ queue, funcPath, errorType }: DeadQuery, cursor = ""): string {
  return addressOf("dead-letters", { queue, funcPath, errorType, cursor });
}

export const DEAD_ACTIONS = ["retry", "delete"] as const;
export type DeadAction = (typeof DEAD_ACTIONS)[number];

/** What is to be done with which tasks, and how far that has come: all of it stands in the address, so that it can be taken up. */
export interface DeadRun extends DeadQuery {
  readonly action: DeadAction;
  /** Tasks created from this moment on are left alone, in milliseconds since the epoch. */
  readonly before: number;
  /** How many were counted. */
  readonly total: number;
  readonly changed: number;
  readonly skipped: number;
  /** Goes on from here; empty at the beginning. */
  readonly cursor: string;
}

/** @throws {ValidationError} where it does not say what is to be done */
export function readDeadRun(given: Readonly<Record<string, string>>, now: number): DeadRun {
  const { action, before, total, changed, skipped, cursor = "" } = given;
  return {
    ...readDeadQuery(given),
    action: parseAction(action),
    before: toCount(before) || now,
    total: toCount(total),
    changed: toCount(changed),
    skipped: toCount(skipped),
    cursor,
  };
}

function parseAction(action: string | undefined): DeadAction {
  const known = DEAD_ACTIONS.find((known) => known === action);
  if (known === undefined) throw new ValidationError("action", DEAD_ACTIONS.join(" or "), describe(action));
  return known;
}

function toCount(text: string | undefined): number {
  const count = Number(text);
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}

export function runAddress(page: "confirm" | "run", run: DeadRun): string {
  return addressOf(`dead-letters/${page}`, { ...run });
}

/** Of which tasks a bulk operation is. */
export function toBulkFilter(run: DeadRun) {
  const { queue, funcPath, errorType, before } = run;
  return { status: "FAILED", ...toFilter({ queue, funcPath, errorType }), createdBefore: before } as const;
}
