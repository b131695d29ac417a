import type { SQL } from "drizzle-orm";
import { getTableConfig, type SQLiteColumn, SQLiteSyncDialect } from "drizzle-orm/sqlite-core";
import { beforeAll, describe, expect, it } from "vitest";
import { createTables } from "../../src/storage/schema.ts";
import { SCHEMA_NAMES } from "../../src/storage/verify.ts";
import type { TestDatabase } from "../support/database.ts";

const dialect = new SQLiteSyncDialect();

/** Tables that the databases and the migrators keep for themselves. */
const FOREIGN = /^(sqlite_|_cf_|libsql_|d1_migrations$|\w*omniq_migrations$)/;

/** Drizzle cannot write triggers. */
const TRIGGERS = ["tasks_release_ended_trigger", "tasks_release_deleted_trigger"];

/** The schema that the migrations made, against the Drizzle tables that they were generated from. */
export function describeSchema(name: string, open: () => Promise<TestDatabase>, prefix = ""): void {
  const tables = Object.values(createTables(prefix)).map(getTableConfig);

  describe(`the schema on ${name}`, () => {
    let database: TestDatabase;
    beforeAll(async () => {
      database = await open();
    });
    const rows = (sql: string, ...parameters: string[]) => database.sql(sql, ...parameters);
    const definition = async (name: string) => {
      const [row] = await rows("SELECT sql FROM sqlite_schema WHERE name = ?1", name);
      return normalized(String(row?.sql));
    };

    it("holds the tables and indexes of the Drizzle schema and our triggers, and no others", async () => {
      const found = await rows("SELECT name FROM sqlite_schema ORDER BY name");
      const ours = found.map((row) => String(row.name)).filter((name) => !FOREIGN.test(name));
      const expected = tables.flatMap(({ name, indexes }) => [
        name,
        ...indexes.map(({ config }) => config.name),
      ]);
      expected.push(...TRIGGERS.map((name) => `${prefix}${name}`));
      expect(ours).toEqual(expected.sort());
    });

    it("has the names that the storage verifies before its first use", () => {
      const names = tables.flatMap((table) => [
        table.name,
        ...table.indexes.map(({ config }) => config.name),
      ]);
      names.push(...TRIGGERS.map((name) => `${prefix}${name}`));
      expect(SCHEMA_NAMES.map((name) => `${prefix}${name}`).sort()).toEqual(names.sort());
    });

    for (const table of tables) {
      it(`${table.name} is STRICT and WITHOUT ROWID`, async () => {
        expect(await rows("SELECT strict, wr FROM pragma_table_list WHERE name = ?1", table.name)).toEqual([
          { strict: 1, wr: 1 },
        ]);
      });

      it(`${table.name} has the columns of the Drizzle table: name, type, not null, default, primary key`, async () => {
        const [composite] = table.primaryKeys;
        const key = composite?.columns.map((column) => column.name) ?? [
          ...table.columns.filter((column) => column.primary).map((column) => column.name),
        ];
        const expected = table.columns.map((column) => ({
          name: column.name,
          type: column.getSQLType().toUpperCase(),
          notnull: Number(column.notNull),
          dflt_value: defaultOf(column),
          pk: key.indexOf(column.name) + 1,
        }));
        const found = await rows(
          'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?1)',
          table.name,
        );
        expect(found.map((row) => ({ ...row, type: String(row.type).toUpperCase() }))).toEqual(expected);
      });

      it(`${table.name} has the checks of the Drizzle table`, async () => {
        const sql = await definition(table.name);
        const found = [...sql.matchAll(/CONSTRAINT (\w+) CHECK ?\(/g)].map((match) => match[1]);
        expect(found.sort()).toEqual(table.checks.map((check) => check.name).sort());
        for (const { name, value } of table.checks) {
          expect(sql).toContain(`CONSTRAINT ${name} CHECK(${text(value)})`);
        }
      });

      it(`${table.name} has the indexes of the Drizzle table: columns, unique, partial predicate`, async () => {
        const found = await rows(
          "SELECT name, \"unique\", partial FROM pragma_index_list(?1) WHERE origin = 'c' ORDER BY name",
          table.name,
        );
        const expected = table.indexes.map(({ config }) => ({
          name: config.name,
          unique: Number(config.unique),
          partial: Number(config.where !== undefined),
        }));
        expect(found).toEqual(expected.sort((a, b) => (a.name < b.name ? -1 : 1)));
        for (const { config } of table.indexes) {
          const columns = await rows("SELECT name FROM pragma_index_info(?1) ORDER BY seqno", config.name);
          const sql = await definition(config.name);
          // Of an expression SQLite tells no name.
          const expected = config.columns.map((column) => ("name" in column ? column.name : null));
          expect(columns.map((row) => row.name)).toEqual(expected);
          for (const column of config.columns) if (!("name" in column)) expect(sql).toContain(text(column));
          const [, predicate] = / WHERE (.*)$/.exec(sql) ?? [];
          expect(predicate).toBe(config.where === undefined ? undefined : text(config.where));
        }
      });
    }
  });
}

function text(sql: SQL): string {
  return normalized(dialect.sqlToQuery(sql).sql);
}

/** Quotes around names and the shape of white space mean nothing. */
function normalized(sql: string): string {
  return sql.replaceAll(/["`]/g, "").replaceAll(/\s+/g, " ").trim();
}

function defaultOf({ default: value }: SQLiteColumn): string | null {
  if (value === undefined) return null;
  return typeof value === "string" ? `'${value}'` : String(value);
}
