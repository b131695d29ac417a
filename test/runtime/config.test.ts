import { describe, expect, it } from "vitest";
import { ConfigError } from "../../src/core/errors.ts";
import { parseConfig } from "../../src/runtime/config.ts";

const DAY = 86_400_000;
const DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/** The error that a bad value stops the start with. */
function refusal(variables: object): ConfigError {
  try {
    parseConfig(variables);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("expected the configuration to be refused");
}

describe("the configuration", () => {
  it("has a default for every variable", () => {
    expect(parseConfig({})).toEqual({
      backend: { kind: "d1" },
      results: null,
      defaults: { timeout: 25_000, maxRetries: 3 },
      retention: { result: 7 * DAY, failed: 30 * DAY },
      history: false,
      queryBudget: 45,
      logLevel: "info",
      keys: [],
    });
  });

  it("reads every variable", () => {
    const variables = {
      OMNIQ_BACKEND: "libsql",
      OMNIQ_DB_URL: "libsql://tasks.turso.io",
      OMNIQ_DB_TOKEN: "one",
      OMNIQ_RESULTS_DB_URL: "https://results.turso.io",
      OMNIQ_RESULTS_DB_TOKEN: "two",
      OMNIQ_DEFAULT_TIMEOUT: "1.5m",
      OMNIQ_DEFAULT_MAX_RETRIES: "0",
      OMNIQ_RESULT_TTL: "60d",
      OMNIQ_HISTORY: "10d",
      OMNIQ_QUERY_BUDGET: "900",
      OMNIQ_LOG_LEVEL: "debug",
      OMNIQ_KEYS: `ci:enqueue+read:${DIGEST}`,
    };
    expect(parseConfig(variables)).toEqual({
      backend: { kind: "libsql", url: "libsql://tasks.turso.io", authToken: "one" },
      results: { url: "https://results.turso.io", authToken: "two" },
      defaults: { timeout: 90_000, maxRetries: 0 },
      retention: { result: 60 * DAY, failed: 60 * DAY },
      history: { keep: 10 * DAY },
      queryBudget: 900,
      logLevel: "debug",
      keys: [{ name: "ci", scopes: ["enqueue", "read"], digest: DIGEST }],
    });
  });

  it("takes on and off for the history", () => {
    expect(parseConfig({ OMNIQ_HISTORY: "on" }).history).toBe(true);
    expect(parseConfig({ OMNIQ_HISTORY: "off" }).history).toBe(false);
    expect(refusal({ OMNIQ_HISTORY: "often" }).message).toContain("OMNIQ_HISTORY");
  });

  it("reads a duration of digits as milliseconds", () => {
    expect(parseConfig({ OMNIQ_DEFAULT_TIMEOUT: "90000" }).defaults.timeout).toBe(90_000);
  });

  it("takes libSQL where OMNIQ_DB_URL is set, and D1 where OMNIQ_BACKEND says so all the same", () => {
    expect(parseConfig({ OMNIQ_DB_URL: "file:queue.db" }).backend).toMatchObject({ kind: "libsql" });
    expect(parseConfig({ OMNIQ_DB_URL: "file:queue.db", OMNIQ_BACKEND: "d1" }).backend).toEqual({
      kind: "d1",
    });
  });

  it("keeps FAILED tasks 30 days, or as long as the others where that is more", () => {
    expect(parseConfig({ OMNIQ_RESULT_TTL: "1d" }).retention).toEqual({ result: DAY, failed: 30 * DAY });
    expect(parseConfig({ OMNIQ_RESULT_TTL: "31d" }).retention).toEqual({
      result: 31 * DAY,
      failed: 31 * DAY,
    });
  });

  it("lets everybody do everything only where OMNIQ_AUTH is none", () => {
    expect(parseConfig({ OMNIQ_AUTH: "none", OMNIQ_KEYS: `ci:read:${DIGEST}` }).keys).toBeNull();
    expect(parseConfig({ OMNIQ_AUTH: "keys" }).keys).toEqual([]);
  });

  it("takes an empty variable for one that is not set, and a number of wrangler.toml for its text", () => {
    const names = [
      "BACKEND",
      "DB_URL",
      "RESULTS_DB_URL",
      "DEFAULT_TIMEOUT",
      "RESULT_TTL",
      "LOG_LEVEL",
      "KEYS",
      "AUTH",
    ];
    const empty = Object.fromEntries(names.map((name) => [`OMNIQ_${name}`, " "]));
    expect(parseConfig(empty)).toEqual(parseConfig({}));
    expect(parseConfig({ OMNIQ_QUERY_BUDGET: 900, OMNIQ_DEFAULT_MAX_RETRIES: 0 })).toMatchObject({
      queryBudget: 900,
      defaults: { maxRetries: 0 },
    });
  });

  it("leaves bindings that are none of its own alone", () => {
    expect(parseConfig({ DB: {}, ASSETS: null, HOME: "/" })).toEqual(parseConfig({}));
  });
});

describe("a bad value stops the start with a message that names the variable, the value and what was expected", () => {
  it.each([
    ["OMNIQ_BACKEND", "postgres", "d1 or libsql"],
    ["OMNIQ_BACKEND", "D1", "d1 or libsql"],
    ["OMNIQ_DEFAULT_TIMEOUT", "soon", "a duration from 1ms to 14m"],
    ["OMNIQ_DEFAULT_TIMEOUT", "0s", "a duration from 1ms to 14m"],
    ["OMNIQ_DEFAULT_TIMEOUT", "15m", "a duration from 1ms to 14m"],
    ["OMNIQ_DEFAULT_TIMEOUT", "900000", "a duration from 1ms to 14m"],
    ["OMNIQ_DEFAULT_TIMEOUT", "30 seconds or so", 'a text like "30s"'],
    ["OMNIQ_DEFAULT_MAX_RETRIES", "-1", "an integer from 0 to 1000"],
    ["OMNIQ_DEFAULT_MAX_RETRIES", "1.5", "an integer from 0 to 1000"],
    ["OMNIQ_DEFAULT_MAX_RETRIES", "many", "an integer from 0 to 1000"],
    ["OMNIQ_RESULT_TTL", "a week", "a duration from 0ms to"],
    ["OMNIQ_RESULT_TTL", "-1d", "a duration from 0ms to"],
    ["OMNIQ_RESULT_TTL", "11y", "a duration from 0ms to"],
    ["OMNIQ_QUERY_BUDGET", "19", "an integer from 20 to 1000000"],
    ["OMNIQ_QUERY_BUDGET", "1e3", "an integer from 20 to 1000000"],
    ["OMNIQ_LOG_LEVEL", "verbose", "debug or info or warn or error or none"],
    ["OMNIQ_AUTH", "off", "keys or none"],
  ])("%s=%s", (variable, value, expected) => {
    const { message, code } = refusal({ [variable]: value });
    expect(code).toBe("invalid_config");
    expect(message).toContain(`expected ${variable} to be `);
    expect(message).toContain(expected);
    expect(message.replaceAll('"', "")).toMatch(new RegExp(`got ${value}$`));
  });

  it("a backend without its database", () => {
    const { message } = refusal({ OMNIQ_BACKEND: "libsql" });
    expect(message).toBe(
      "expected OMNIQ_DB_URL to be set where OMNIQ_BACKEND is libsql, like libsql://name.turso.io, got nothing",
    );
  });

  it.each([
    ["OMNIQ_DB_URL", { OMNIQ_DB_URL: "postgres://user:secret@host" }],
    ["OMNIQ_DB_URL", { OMNIQ_DB_URL: "secret", OMNIQ_DB_TOKEN: "secret" }],
    ["OMNIQ_RESULTS_DB_URL", { OMNIQ_RESULTS_DB_URL: "host?authToken=secret" }],
    ["OMNIQ_KEYS", { OMNIQ_KEYS: "ci:admin:secret" }],
    ["OMNIQ_KEYS", { OMNIQ_KEYS: "secret" }],
  ])("%s, whose value may be a secret, without the value: %j", (variable, variables) => {
    const { message } = refusal(variables);
    expect(message).toContain(`expected ${variable} to be `);
    expect(message).not.toContain("secret");
  });
});
