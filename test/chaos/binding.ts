import type { D1Database, D1PreparedStatement } from "@cloudflare/workers-types";
import type { Chaos } from "./faults.ts";

/** A D1 binding whose calls meet faults. */
export function chaoticBinding(binding: D1Database, chaos: Chaos): D1Database {
  const originals = new WeakMap<object, D1PreparedStatement>();
  const wrapStatement = (statement: D1PreparedStatement): D1PreparedStatement => {
    const proxy = new Proxy(statement, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => wrapStatement(target.bind(...values));
        if (name === "all") return () => chaos.befall(() => target.all());
        return Reflect.get(target, name);
      },
    });
    originals.set(proxy, statement);
    return proxy;
  };
  const wrap = <Connection extends object>(connection: Connection): Connection =>
    new Proxy(connection, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name === "prepare") return (sql: string) => wrapStatement(value.call(target, sql));
        if (name === "withSession") return (start?: string) => wrap(value.call(target, start));
        if (name !== "batch") return value.bind(target);
        return (statements: D1PreparedStatement[]) => {
          const sent = statements.map((statement) => originals.get(statement) ?? statement);
          return chaos.befall(() => value.call(target, sent));
        };
      },
    });
  return wrap(binding);
}
