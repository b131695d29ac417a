import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { d1Driver } from "../../src/storage/d1.ts";
import { TestDatabase } from "./database.ts";

/** The migrated D1 database of this test file. */
export async function openD1(binding: D1Database = env.DB): Promise<TestDatabase> {
  await applyD1Migrations(binding, env.MIGRATIONS);
  return new TestDatabase(d1Driver(binding));
}

/** Rows that D1 billed. */
export interface Rows {
  read: number;
  written: number;
}

/** The binding, with a count of the rows that its statements read and wrote, by D1's own `meta`. */
export function counted(binding: D1Database): { binding: D1Database; rows: Rows; reset(): void } {
  const rows: Rows = { read: 0, written: 0 };
  const note = <T>(result: D1Result<T>): D1Result<T> => {
    rows.read += result.meta.rows_read;
    rows.written += result.meta.rows_written;
    return result;
  };
  const inner = new WeakMap<object, D1PreparedStatement>();
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const proxy = new Proxy(statement, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => wrap(target.bind(...values));
        if (name === "all") return async () => note(await target.all());
        return Reflect.get(target, name);
      },
    });
    inner.set(proxy, statement);
    return proxy;
  };
  const counting = new Proxy(binding, {
    get(target, name) {
      if (name === "prepare") return (sql: string) => wrap(target.prepare(sql));
      if (name === "batch") {
        return async (statements: D1PreparedStatement[]) =>
          (await target.batch(statements.map((statement) => inner.get(statement) ?? statement))).map(note);
      }
      return Reflect.get(target, name).bind(target);
    },
  });
  return {
    binding: counting,
    rows,
    reset: () => {
      rows.read = 0;
      rows.written = 0;
    },
  };
}
