import type { SpendQueries } from "../core/budget.ts";

/** Methods of a prepared statement that send it. */
const SENDS: readonly (string | symbol)[] = ["run", "all", "first", "raw"];

/**
 * A Worker's bindings, of which the D1 databases tell what is asked of them.
 *
 * @param env the bindings; any that is no D1 database stays the very same object
 * @param spend is told of statements before they go; where it throws they do not, and their promise rejects with its error
 */
export function meterDatabases<Env extends object>(env: Env, spend: SpendQueries): Env {
  const databases = Object.entries(env).filter(([, binding]) => isDatabase(binding));
  return {
    ...env,
    ...Object.fromEntries(databases.map(([name, database]) => [name, meter(database, spend)])),
  };
}

/** Known by its methods. The stub of another Worker seems to have every method, `fetch` too, which a database has not. */
function isDatabase(binding: unknown): boolean {
  if (typeof binding !== "object" || binding === null) return false;
  const has = (name: string) => typeof Reflect.get(binding, name) === "function";
  return has("prepare") && has("batch") && has("exec") && !has("fetch");
}

function meter<Database extends object>(database: Database, spend: SpendQueries): Database {
  /** The database reads the fields of what is in a batch: it gets its own statements. */
  const originals = new WeakMap<object, object>();

  const meterStatement = <Statement extends object>(statement: Statement): Statement => {
    const metered = new Proxy(statement, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        if (name === "bind") return (...values: unknown[]) => meterStatement(method.apply(target, values));
        if (!SENDS.includes(name)) return method.bind(target);
        return async (...given: unknown[]) => {
          spend(1);
          return method.apply(target, given);
        };
      },
    });
    originals.set(metered, statement);
    return metered;
  };

  const meterConnection = <Connection extends object>(connection: Connection): Connection =>
    new Proxy(connection, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        switch (name) {
          case "prepare":
            return (sql: string) => meterStatement(method.call(target, sql));
          case "withSession":
            return (start?: string) => meterConnection(method.call(target, start));
          case "exec":
            return async (sql: string) => {
              spend(countLines(sql));
              return method.call(target, sql);
            };
          case "batch":
            return async (statements: object[]) => {
              spend(statements.length);
              return method.call(
                target,
                statements.map((statement) => originals.get(statement) ?? statement),
              );
            };
          default:
            return method.bind(target);
        }
      },
    });
  return meterConnection(database);
}

/** `exec` takes each line for a statement. */
function countLines(sql: string): number {
  return sql.split("\n").filter((line) => line.trim() !== "").length;
}
