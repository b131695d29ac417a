/** The figures of one run: what `--json` writes. Every ratio is the share of the floor's speed that is left: 1 is as good as bare. */

export type Database = "libsql-file" | "d1";

/** A figure of each database. */
export type OfBoth<Figure> = Record<Database, Figure>;

export interface Throughput {
  readonly tasksPerSecond: number;
  /** The same, of the bare statements. */
  readonly floor: number;
  readonly ratio: number;
}

export interface ClaimTime {
  /** Of one claim. */
  readonly milliseconds: number;
  readonly floor: number;
  readonly ratio: number;
  /** By D1's own count, which libSQL has not: for each claimed task, or for a claim that finds none. */
  readonly rowsRead?: number;
}

/** From the call of the enqueue to the first line of the handler, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  /** The median of a bare enqueue and a bare claim. */
  readonly floor: number;
  readonly ratio: number;
}

export interface Processes extends Throughput {
  /** Tasks that ran more than once. */
  readonly duplicates: number;
  /** Tasks that did not run. */
  readonly missing: number;
}

/** In millions of bytes, at most, of a whole process. */
export interface Memory {
  readonly maxRss: number;
  readonly floor: number;
  readonly ratio: number;
}

/** Rows that D1 bills for one task. */
export interface Cost {
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

export const COSTS = [
  "enqueue",
  "claim",
  "complete",
  "total",
  "idlePoll",
  "heartbeat",
  "retry",
  "purge",
] as const;
export type Costs = Record<(typeof COSTS)[number], Cost>;

/** By backlog, such as `pending-1k` or `not-due-1m`, then by how many tasks are claimed. */
export type ClaimTimes = Record<string, Record<string, ClaimTime>>;

export interface Figures {
  readonly machine: {
    readonly node: string;
    readonly cpu: string;
    readonly cores: number;
    readonly at: string;
  };
  readonly cost: Costs;
  readonly enqueue: OfBoth<Throughput>;
  readonly bulkEnqueue: OfBoth<Throughput>;
  readonly drain: OfBoth<Throughput>;
  readonly claim: OfBoth<ClaimTimes>;
  readonly latency: OfBoth<Latency>;
  readonly processes: { readonly "libsql-file": Processes };
  readonly memory: { readonly "libsql-file": Memory };
}

/** Dollars for a million tasks of this cost. Source: https://developers.cloudflare.com/d1/platform/pricing/ */
export function dollars({ rowsRead, rowsWritten }: Cost): number {
  return rowsWritten * 1 + rowsRead * 0.001;
}

/** @param share 0.5 for the median, 0.99 for the 99th percentile: by the nearest rank */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
