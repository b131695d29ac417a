/** A value that both databases bind. Lists travel as one JSON text. */
export type Parameter = string | number | null;

declare const row: unique symbol;

/**
 * SQL with the values that it is sent with.
 *
 * @typeParam Row what it returns; never for a statement that returns no rows
 */
export interface Statement<Row = unknown> {
  readonly sql: string;
  readonly parameters: readonly Parameter[];
  /** Carries the type alone. */
  readonly [row]?: () => Row;
}

/** Makes a statement of its values. */
export interface Prepared<Values, Row> {
  (values: Values): Statement<Row>;
  readonly sql: string;
}

/**
 * Prepares SQL that names its values as `:name`. D1 binds by position alone, so each name becomes a number here.
 *
 * @typeParam Values what the names stand for
 * @typeParam Row what the statement returns
 * @example const find = prepare<{ id: string }, TaskRow>("SELECT * FROM tasks WHERE id = :id"); find({ id })
 */
export function prepare<Values extends Readonly<Record<string, Parameter>>, Row = never>(
  text: string,
): Prepared<Values, Row> {
  const names: string[] = [];
  const sql = text.replaceAll(/:(\w+)/g, (_, name: string) => {
    if (!names.includes(name)) names.push(name);
    return `?${names.indexOf(name) + 1}`;
  });
  const bind = (values: Values) => ({ sql, parameters: names.map((name) => lookUp(values, name)) });
  return Object.assign(bind, { sql });
}

function lookUp(values: Readonly<Record<string, Parameter>>, name: string): Parameter {
  const value = values[name];
  if (value === undefined) throw new TypeError(`expected a value for :${name}, got none`);
  return value;
}
