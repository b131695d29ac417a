import type { Sent } from "./intercept.ts";

/** What Cloudflare allows in production, and workerd on a laptop does not hold anybody to. */
export interface Limits {
  /** Queries of one invocation, each statement of a batch and the handlers' own included. */
  readonly queries: number;
  /** Calls to D1 at once; the next one waits for its turn. */
  readonly connections: number;
  /** How long one query, or one batch, may take. */
  readonly queryTime: number;
  /** How long `waitUntil` goes on after the response. */
  readonly waitUntil: number;
  /** How long a cron tick goes on. */
  readonly tick: number;
}

/** Queries that D1 allows an invocation. */
export const QUERIES = { free: 50, paid: 1_000 } as const;

/** Sources: https://developers.cloudflare.com/d1/platform/limits/ and https://developers.cloudflare.com/workers/platform/limits/ */
export const LIMITS: Limits = {
  queries: QUERIES.free,
  connections: 6,
  queryTime: 30_000,
  waitUntil: 30_000,
  tick: 15 * 60_000,
};

const PARAMETERS = 100;
const SQL_BYTES = 100_000;
const ROW_BYTES = 2_000_000;

/** The messages of the platform. */
export const MESSAGES = {
  queries: "D1_ERROR: Too many API requests by single worker invocation.",
  parameters: "D1_ERROR: too many SQL variables: SQLITE_ERROR",
  sql: "D1_ERROR: statement too long: SQLITE_TOOBIG",
  size: "D1_ERROR: string or blob too big: SQLITE_TOOBIG",
  queryTime: "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
} as const;

/** Refuses what D1 would not take: the text of a statement, how many values it has, and the size of each. */
export function checkStatement({ sql, values }: Sent): void {
  if (bytes(sql) > SQL_BYTES) throw new Error(MESSAGES.sql);
  if (values.length > PARAMETERS) throw new Error(MESSAGES.parameters);
  if (values.some((value) => bytes(value) > ROW_BYTES)) throw new Error(MESSAGES.size);
}

/** Refuses an answer with a row that D1 could not hold. */
export function checkAnswer(answer: unknown): void {
  for (const row of rowsOf(answer)) {
    const size = Object.values(row).reduce<number>((sum, value) => sum + bytes(value), 0);
    if (size > ROW_BYTES) throw new Error(MESSAGES.size);
  }
}

function rowsOf(answer: unknown): object[] {
  if (Array.isArray(answer)) return answer.flatMap(rowsOf);
  if (typeof answer !== "object" || answer === null) return [];
  return "results" in answer ? rowsOf(answer.results) : [answer];
}

const encoder = new TextEncoder();

function bytes(value: unknown): number {
  if (value instanceof ArrayBuffer) return value.byteLength;
  if (typeof value !== "string") return 0;
  // No character takes more than three bytes for each of its units: most texts need not be encoded.
  return value.length * 3 <= SQL_BYTES ? value.length : encoder.encode(value).byteLength;
}
