import type { Statement } from "../../src/storage/statements/statement.ts";

/** A bug to plant in a storage. */
export interface Plant {
  readonly name: string;
  /** The rules that must find it. */
  readonly rules: readonly string[];
  /** The results are in a database of their own. */
  readonly secondDatabase?: true;
  /** The statements of one batch as the bug makes them; the same array where it is not touched. */
  readonly spoil?: (statements: readonly Statement[]) => readonly Statement[];
  /** What the bug takes the error of a batch for. */
  readonly misread?: (error: unknown, statements: readonly Statement[]) => unknown;
}

/** A bug in the text of a statement: the first pattern finds the statement, the second what is replaced in it. */
export function inText(statement: RegExp, pattern: RegExp, replacement: string) {
  return (statements: readonly Statement[]) =>
    statements.some(({ sql }) => statement.test(sql))
      ? statements.map((one) =>
          statement.test(one.sql) ? { ...one, sql: replaceIn(one.sql, pattern, replacement) } : one,
        )
      : statements;
}

function replaceIn(sql: string, pattern: RegExp, replacement: string): string {
  const spoiled = sql.replace(pattern, replacement);
  if (spoiled === sql) throw new Error(`expected ${pattern} in ${sql}`);
  return spoiled;
}

export const SETTLE = /UPDATE tasks AS t SET\s+status = CASE/;
export const RESULT = /INSERT INTO results[\s\S]*t\.attempts, t\.last_attempt_at/;
export const RENEW = /SET lease_expires_at = max\(t\.lease_expires_at, \?\d\), progress/;
export const CLAIM = /, 'CANCELLED', 'RUNNING'\)/;
