import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { d1Driver } from "../../src/storage/d1.ts";
import { TestDatabase } from "./database.ts";
import { intercepted } from "./intercept.ts";

/** The migrated D1 database of this test file. */
export async function openD1(binding: D1Database = env.DB): Promise<TestDatabase> {
  await applyD1Migrations(binding, env.MIGRATIONS);
  return new TestDatabase(d1Driver(binding));
}

/** What a binding was used for. */
export interface Usage {
  /** Rows that D1 billed. */
  read: number;
  written: number;
  /** Statements sent, each of a batch counted: what D1 limits for one invocation. */
  queries: number;
}

/** The binding, with a count of its statements, and of the rows that they read and wrote by D1's own `meta`. */
export function counted(binding: D1Database): { binding: D1Database; rows: Usage; reset(): void } {
  const rows: Usage = { read: 0, written: 0, queries: 0 };
  return {
    binding: intercepted(binding, async (statements, send) => {
      rows.queries += statements.length;
      const answer = await send();
      for (const meta of metaOf(answer)) {
        rows.read += meta.rows_read;
        rows.written += meta.rows_written;
      }
      return answer;
    }),
    rows,
    reset: () => {
      Object.assign(rows, { read: 0, written: 0, queries: 0 });
    },
  };
}

/** What D1 says about a call: `first` and `raw` give only rows. */
function metaOf(answer: unknown): D1Meta[] {
  const answers: unknown[] = Array.isArray(answer) ? answer : [answer];
  return answers.filter(isResult).map(({ meta }) => meta);
}

function isResult(answer: unknown): answer is D1Result {
  return typeof answer === "object" && answer !== null && "meta" in answer;
}
