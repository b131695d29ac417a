/** The part of the history that one process sees, on file: it survives the death of its process at any moment. */
import { appendFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { HistoryEvent } from "../history.ts";

/** From the machine's steady clock, which all its processes share, to the epoch. */
export function clockOffset(): number {
  return Date.now() - steady();
}

/** The one clock of a history, which no skew of a process reaches. @param offset as the first process measured it */
export function machineClock(offset: number): () => number {
  return () => steady() + offset;
}

function steady(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

/** Writes each event before it returns: what a process does next is never on file without what it did before. */
export function openJournal(path: string): (event: HistoryEvent) => void {
  return (event) => appendFileSync(path, `${JSON.stringify(event)}\n`);
}

/** A last line that its process did not live to finish is no event. */
export async function readJournal(path: string): Promise<HistoryEvent[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** The history of several processes, in the order of their one clock. */
export async function readJournals(paths: readonly string[]): Promise<HistoryEvent[]> {
  const journals = await Promise.all(paths.map(readJournal));
  return journals.flat().sort((one, other) => one.at - other.at);
}
