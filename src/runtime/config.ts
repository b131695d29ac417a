import { describe } from "../core/describe.ts";
import { digitsOrText, parseDuration, parseInteger, type Range } from "../core/duration.ts";
import { ConfigError, ValidationError } from "../core/errors.ts";
import type { HistoryOption } from "../core/history.ts";
import { LOG_LEVELS, type LogLevel } from "../core/log.ts";
import { LIMITS, RETENTION_DEFAULTS, TASK_DEFAULTS } from "../core/options.ts";
import { parseRetention, type Retention } from "../core/retention.ts";
import { type ApiKey, parseKeys } from "../http/keys.ts";
import { WORKER_DEFAULTS } from "../worker/defaults.ts";

/** Variables of the environment, as a Worker's bindings or `process.env` hold them. */
export interface OmniqEnv {
  /** `d1` or `libsql`. Defaults to `libsql` where `OMNIQ_DB_URL` is set, else `d1`. */
  readonly OMNIQ_BACKEND?: string;
  readonly OMNIQ_DB_URL?: string;
  readonly OMNIQ_DB_TOKEN?: string;
  /** A second libSQL database, which takes the results. */
  readonly OMNIQ_RESULTS_DB_URL?: string;
  readonly OMNIQ_RESULTS_DB_TOKEN?: string;
  /** Defaults to `25s`. */
  readonly OMNIQ_DEFAULT_TIMEOUT?: string;
  /** Defaults to `3`. */
  readonly OMNIQ_DEFAULT_MAX_RETRIES?: string;
  /** How long results are kept. Defaults to `7d`; FAILED tasks are kept 30 days, or as long where this is more. */
  readonly OMNIQ_RESULT_TTL?: string;
  /** `on`, `off`, or how long its minutes are kept, such as `30d`. Defaults to `off`. */
  readonly OMNIQ_HISTORY?: string;
  /** Queries an invocation may send. Defaults to `45`, which the Free plan's 50 allow. */
  readonly OMNIQ_QUERY_BUDGET?: string;
  /** `debug`, `info`, `warn`, `error` or `none`. Defaults to `info`. */
  readonly OMNIQ_LOG_LEVEL?: string;
  /** `name:scope+scope:digest`, comma-separated. Defaults to none, with which nobody may do anything. */
  readonly OMNIQ_KEYS?: string;
  /** Signs the sessions of the dashboard, together with the keys. Defaults to the keys' digests alone. */
  readonly OMNIQ_SESSION_SECRET?: string;
  /** `none` lets everybody do everything. Defaults to `keys`. */
  readonly OMNIQ_AUTH?: string;
}

/** Where the tasks are. */
export type Backend =
  | { readonly kind: "d1" }
  | { readonly kind: "libsql"; readonly url: string; readonly authToken?: string };

export interface Config {
  readonly backend: Backend;
  readonly results: { readonly url: string; readonly authToken?: string } | null;
  readonly defaults: { readonly timeout: number; readonly maxRetries: number };
  readonly retention: Retention;
  readonly history: HistoryOption;
  readonly queryBudget: number;
  readonly logLevel: LogLevel;
  /** Null lets everybody do everything. */
  readonly keys: readonly ApiKey[] | null;
  /** Signs the sessions of the dashboard, together with the keys; undefined where these do it alone. */
  readonly sessionSecret: string | undefined;
}

/** No Worker would run a task that takes longer. */
const WORKER_TIMEOUT = { min: LIMITS.timeout.min, max: WORKER_DEFAULTS.longestTimeout };

/**
 * Reads the configuration.
 *
 * @param bindings a Worker's bindings or `process.env`; what is not named in {@link OmniqEnv} is left alone
 * @throws {ConfigError} naming the variable, its value and what was expected; never the value of a secret
 */
export function parseConfig(bindings: object): Config {
  const env = readVariables(bindings);
  const result = duration(env, "OMNIQ_RESULT_TTL", RETENTION_DEFAULTS.result, LIMITS.timeToLive);
  return {
    backend: parseBackend(env),
    results: parseResults(env),
    defaults: {
      timeout: duration(env, "OMNIQ_DEFAULT_TIMEOUT", TASK_DEFAULTS.timeout, WORKER_TIMEOUT),
      maxRetries: integer(env, "OMNIQ_DEFAULT_MAX_RETRIES", TASK_DEFAULTS.maxRetries, LIMITS.maxRetries),
    },
    retention: parseRetention({ result }),
    history: parseHistoryVariable(env),
    queryBudget: integer(env, "OMNIQ_QUERY_BUDGET", WORKER_DEFAULTS.queryBudget, LIMITS.queryBudget),
    logLevel: oneOf(env, "OMNIQ_LOG_LEVEL", LOG_LEVELS, "info"),
    sessionSecret: env.OMNIQ_SESSION_SECRET,
    keys:
      oneOf(env, "OMNIQ_AUTH", ["keys", "none"], "keys") === "none" ? null : parseKeys(env.OMNIQ_KEYS ?? ""),
  };
}

const VARIABLES = [
  "OMNIQ_BACKEND",
  "OMNIQ_DB_URL",
  "OMNIQ_DB_TOKEN",
  "OMNIQ_RESULTS_DB_URL",
  "OMNIQ_RESULTS_DB_TOKEN",
  "OMNIQ_DEFAULT_TIMEOUT",
  "OMNIQ_DEFAULT_MAX_RETRIES",
  "OMNIQ_RESULT_TTL",
  "OMNIQ_HISTORY",
  "OMNIQ_QUERY_BUDGET",
  "OMNIQ_LOG_LEVEL",
  "OMNIQ_KEYS",
  "OMNIQ_SESSION_SECRET",
  "OMNIQ_AUTH",
] as const satisfies readonly (keyof OmniqEnv)[];

/** The variables that are set. wrangler.toml may give a number or a boolean where we read text; empty counts as not set. */
function readVariables(bindings: object): OmniqEnv {
  const entries = VARIABLES.map((name) => [name, String(Reflect.get(bindings, name) ?? "").trim()]);
  return Object.fromEntries(entries.filter(([, value]) => value !== ""));
}

function parseHistoryVariable(env: OmniqEnv): HistoryOption {
  const value = env.OMNIQ_HISTORY ?? "off";
  if (value === "on" || value === "off") return value === "on";
  return { keep: duration(env, "OMNIQ_HISTORY", 0, LIMITS.timeToLive) };
}

function parseBackend(env: OmniqEnv): Backend {
  const kind = oneOf(
    env,
    "OMNIQ_BACKEND",
    ["d1", "libsql"],
    env.OMNIQ_DB_URL === undefined ? "d1" : "libsql",
  );
  if (kind === "d1") return { kind };
  if (env.OMNIQ_DB_URL === undefined) {
    throw new ConfigError(
      "OMNIQ_DB_URL",
      "set where OMNIQ_BACKEND is libsql, like libsql://name.turso.io",
      "nothing",
    );
  }
  return { kind, ...database("OMNIQ_DB_URL", env.OMNIQ_DB_URL, env.OMNIQ_DB_TOKEN) };
}

function parseResults(env: OmniqEnv): Config["results"] {
  const { OMNIQ_RESULTS_DB_URL: url, OMNIQ_RESULTS_DB_TOKEN: token } = env;
  return url === undefined ? null : database("OMNIQ_RESULTS_DB_URL", url, token);
}

function database(variable: string, url: string, authToken: string | undefined) {
  if (!/^(file|libsql|https?|wss?):/.test(url)) {
    throw new ConfigError(variable, "a URL that begins with libsql:, https:, http: or file:", "another");
  }
  return { url, authToken };
}

function duration(env: OmniqEnv, name: keyof OmniqEnv, fallback: number, range: Range): number {
  return read(env, name, fallback, (value) => parseDuration(digitsOrText(value), name, range));
}

function integer(env: OmniqEnv, name: keyof OmniqEnv, fallback: number, range: Range): number {
  return read(env, name, fallback, (value) => parseInteger(digitsOrText(value), name, range));
}

function read<T>(env: OmniqEnv, name: keyof OmniqEnv, fallback: T, parse: (value: string) => T): T {
  const value = env[name];
  try {
    return value === undefined ? fallback : parse(value);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    throw new ConfigError(name, error.expected, error.got);
  }
}

function oneOf<T extends string>(env: OmniqEnv, name: keyof OmniqEnv, values: readonly T[], fallback: T): T {
  const value = env[name];
  if (value === undefined) return fallback;
  const known = values.find((candidate) => candidate === value);
  if (known === undefined) throw new ConfigError(name, values.join(" or "), describe(value));
  return known;
}
