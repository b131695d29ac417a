import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { d1Driver } from "../../src/storage/d1.ts";
import { TestDatabase } from "./database.ts";

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

type Connection = Pick<D1Database, "prepare" | "batch">;

/** The binding, with a count of its statements, and of the rows that they read and wrote by D1's own `meta`. */
export function counted(binding: D1Database): { binding: D1Database; rows: Usage; reset(): void } {
  const rows: Usage = { read: 0, written: 0, queries: 0 };
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
        if (name !== "all") return Reflect.get(target, name);
        return async () => {
          rows.queries += 1;
          return note(await target.all());
        };
      },
    });
    inner.set(proxy, statement);
    return proxy;
  };
  const count = <T extends Connection>(connection: T): T =>
    new Proxy(connection, {
      get(target, name) {
        if (name === "prepare") return (sql: string) => wrap(target.prepare(sql));
        if (name === "withSession") return (start?: string) => count(binding.withSession(start));
        const value: unknown = Reflect.get(target, name);
        if (name !== "batch") return typeof value === "function" ? value.bind(target) : value;
        return async (statements: D1PreparedStatement[]) => {
          rows.queries += statements.length;
          return (await target.batch(statements.map((statement) => inner.get(statement) ?? statement))).map(
            note,
          );
        };
      },
    });
  return {
    binding: count(binding),
    rows,
    reset: () => {
      Object.assign(rows, { read: 0, written: 0, queries: 0 });
    },
  };
}
