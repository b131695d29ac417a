import type { D1Database, D1PreparedStatement } from "@cloudflare/workers-types";

/** A statement on its way to the database. */
export interface Sent {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** What stands between a binding and its database: it sends, or does not, and sees the answer of D1's own shape. */
export type Intercept = <T>(statements: readonly Sent[], send: () => Promise<T>) => Promise<T>;

const SENDS: readonly (string | symbol)[] = ["all", "first", "run", "raw"];

/** A D1 binding of which every call goes through `intercept`, those of its sessions included. */
export function intercepted(binding: D1Database, intercept: Intercept): D1Database {
  const originals = new WeakMap<object, { statement: D1PreparedStatement; sent: Sent }>();

  const wrapStatement = (statement: D1PreparedStatement, sent: Sent): D1PreparedStatement => {
    const proxy = new Proxy(statement, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name === "bind")
          return (...values: unknown[]) => wrapStatement(target.bind(...values), { sql: sent.sql, values });
        if (!SENDS.includes(name)) return value.bind(target);
        return (...given: unknown[]) => intercept([sent], () => value.apply(target, given));
      },
    });
    originals.set(proxy, { statement, sent });
    return proxy;
  };

  const wrap = <Connection extends object>(connection: Connection): Connection =>
    new Proxy(connection, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        switch (name) {
          case "prepare":
            return (sql: string) => wrapStatement(value.call(target, sql), { sql, values: [] });
          case "withSession":
            return (start?: string) => wrap(value.call(target, start));
          case "exec":
            return (sql: string) => intercept(linesOf(sql), () => value.call(target, sql));
          case "batch":
            return (statements: D1PreparedStatement[]) => {
              const known = statements.map((statement) => originals.get(statement));
              const sent = known.map((found) => found?.sent ?? { sql: "", values: [] });
              const natives = statements.map((statement, index) => known[index]?.statement ?? statement);
              return intercept(sent, () => value.call(target, natives));
            };
          default:
            return value.bind(target);
        }
      },
    });
  return wrap(binding);
}

/** `exec` takes each line for a statement. */
function linesOf(sql: string): Sent[] {
  const lines = sql.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => ({ sql: line, values: [] }));
}
