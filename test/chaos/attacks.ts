/** What the long run lets loose on each database, and the figures of it. */
import { check, type Violation } from "./checker.ts";
import { type OpenedDatabase, openFile, openReplica, openServer, openTwoFiles } from "./databases.ts";
import type { HistoryEvent } from "./history.ts";
import { openD1 } from "./platform.ts";
import * as processes from "./processes/databases.ts";
import { canMount } from "./processes/disk.ts";
import { judgeRecovery } from "./processes/recovery.ts";
import { LEASE, storm } from "./processes/storm.ts";
import { simulate } from "./simulation.ts";

/** What one attack did, and what it found. */
export interface Attacked {
  readonly tasks: number;
  /** Calls whose answers were checked. */
  readonly operations: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly violations: readonly Violation[];
  /** How long after the last fault work went on, in milliseconds. Unknown where faults go on to the end. */
  readonly recovery?: number;
}

export interface Attack {
  /** By which it is asked for. */
  readonly name: string;
  readonly title: string;
  /** So many are under way at once, each with a seed and a database of its own: for the most part they wait. */
  readonly sideBySide: number;
  run(seed: number): Promise<Attacked>;
}

/** Tasks of one simulation, and of one storm over processes. */
const SIMULATED = 2_000;
const MOST = 100;
const STORMED = 2_000;

export const ATTACKS: readonly Attack[] = [
  simulated("file", "libSQL file", 2, openFile),
  simulated("two-files", "libSQL file, its results in another", 1, openTwoFiles),
  simulated("server", "libSQL server", 2, openServer),
  simulated("replica", "libSQL server through a replica", 1, openReplica),
  simulated("d1", "D1", 2, openD1),
  stormed(
    "file-processes",
    `libSQL file, processes${(await canMount()) ? "" : ", no disk full"}`,
    processes.openFile,
  ),
  stormed("server-processes", "libSQL server and replica, processes", processes.openServer),
];

function simulated(
  name: string,
  title: string,
  sideBySide: number,
  open: () => Promise<OpenedDatabase>,
): Attack {
  const run = async (seed: number): Promise<Attacked> => {
    const database = await open();
    try {
      const settings = { seed, tasks: SIMULATED, most: MOST, workers: 3, database };
      const { history, end, ...simulation } = await simulate(settings);
      return { ...counted(history), tasks: end.tasks.length, violations: check(history, end), ...simulation };
    } finally {
      await database.close();
    }
  };
  return { name, title, sideBySide, run };
}

function stormed(name: string, title: string, open: () => Promise<processes.ProcessDatabase>): Attack {
  const run = async (seed: number): Promise<Attacked> => {
    const database = await open();
    try {
      const stormed = await storm({ seed, tasks: STORMED, workers: 4, database });
      const { history, end, faults, recovery } = stormed;
      const violations = [...stormed.violations, ...judgeRecovery(recovery, LEASE)];
      return { ...counted(history), tasks: end.tasks.length, faults, recovery, violations };
    } finally {
      await database.close();
    }
  };
  return { name, title, sideBySide: 1, run };
}

function counted(history: readonly HistoryEvent[]): { operations: number } {
  return { operations: history.filter(({ type }) => type === "call").length };
}
