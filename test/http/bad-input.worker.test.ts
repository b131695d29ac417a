import { afterEach, describe, expect, it } from "vitest";
import { tasks } from "../../src/tasks.ts";
import { openD1 } from "../support/d1.ts";
import type { CallOptions } from "../support/http.ts";
import { startWorker } from "../support/worker.ts";

const { call } = startWorker(tasks);
const database = await openD1();
afterEach(() => database.clear());

const good = { funcPath: "sample.add", kwargs: { a: 1, b: 2 }, delay: "1h" };
const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

/** What every refusal has in common. */
async function expectRefused(status: number, problem: object, options: CallOptions) {
  const answer = await call("POST", "/v1/tasks", options);
  expect(answer.status, answer.text).toBe(status);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.body).toMatchObject({
    status,
    type: `urn:omniq:problem:${answer.body.code}`,
    title: expect.any(String),
    detail: `expected ${answer.body.field} to be ${answer.body.expected}, got ${answer.body.got}`,
    ...problem,
  });
  expect(answer.text).not.toMatch(/\n| at .*\.[jt]s|node_modules|\/src\//);
  expect(answer.text.length).toBeLessThan(2_000);
  expect(await database.sql("SELECT * FROM tasks")).toEqual([]);
}

const integer = (min: number, max: number) => `an integer from ${min} to ${max}`;
const text = "well-formed text of 1 to 255 characters without control characters";

describe("bad input is refused with the field, what was expected and what was got; nothing is stored", () => {
  it.each([
    [
      "an unknown funcPath",
      { funcPath: "nope" },
      "funcPath",
      /the name of a registered task \(sample\.add, /,
      '"nope"',
    ],
    ["no funcPath", { funcPath: undefined }, "funcPath", "given", "nothing"],
    ["a funcPath that is no text", { funcPath: 7 }, "funcPath", "string", "7"],
    ["a long funcPath", { funcPath: "x".repeat(900_000) }, "funcPath", /registered task/, /^"x{80}\.\.\."$/],
    ["args that is no array", { args: { 0: 1 } }, "args", "an array", "an object of type Object"],
    ["args that is null", { args: null }, "args", "an array", "null"],
    ["kwargs that is an array", { kwargs: [1] }, "kwargs", "an object", "an array of 1"],
    ["kwargs that is null", { kwargs: null }, "kwargs", "an object", "null"],
    ["kwargs that is a text", { kwargs: "{}" }, "kwargs", "an object", "a string"],
    [
      "kwargs that the task's schema refuses",
      { kwargs: { a: 1, b: "2" } },
      "kwargs.b",
      /^valid \(.*number.*\)$/,
      '"2"',
    ],
    [
      "kwargs that are long where the schema refuses them",
      { funcPath: "sample.fetch", kwargs: { url: "x".repeat(200_000) } },
      "kwargs.url",
      /^valid \(.{1,200}\.\.\.\)$/,
      /^"x{80}\.\.\."$/,
    ],
    [
      "an eta that cannot be read",
      { delay: undefined, eta: "tomorrow" },
      "eta",
      "integer milliseconds since 1970, or ISO 8601 with its zone, before the year 10000",
      '"tomorrow"',
    ],
    [
      "an eta without its zone",
      { delay: undefined, eta: "2026-11-24T09:00:00" },
      "eta",
      /zone/,
      '"2026-11-24T09:00:00"',
    ],
    [
      "an eta on a day that is none",
      { delay: undefined, eta: "2026-02-30T00:00:00Z" },
      "eta",
      /ISO/,
      '"2026-02-30T00:00:00Z"',
    ],
    ["eta: true", { delay: undefined, eta: true }, "eta", "number or string", "true"],
    ["eta: null", { delay: undefined, eta: null }, "eta", "number or string", "null"],
    ["an eta before 1970", { delay: undefined, eta: -1 }, "eta", /since 1970/, "-1"],
    [
      "an eta after the year 9999",
      { delay: undefined, eta: 2 ** 53 - 1 },
      "eta",
      /before the year 10000/,
      "9007199254740991",
    ],
    ["an eta that is no integer", { delay: undefined, eta: 1.5 }, "eta", /integer milliseconds/, "1.5"],
    ["both eta and delay", { eta: "2999-01-01T00:00:00Z" }, "delay", "absent where eta is given", '"1h"'],
    ["a negative delay", { delay: -1 }, "delay", /a duration from 0ms/, "-1"],
    ["a delay without its unit", { delay: "30" }, "delay", /a text like "30s"/, '"30"'],
    ["a delay of 12 years", { delay: "12y" }, "delay", /a duration from 0ms to/, '"12y"'],
    ["a negative interval", { interval: -5 }, "interval", /a duration from 100ms to 366d/, "-5"],
    ["an interval of nothing", { interval: 0 }, "interval", /a duration from 100ms/, "0"],
    [
      "an interval that leaves others no time",
      { interval: "99ms" },
      "interval",
      /a duration from 100ms/,
      '"99ms"',
    ],
    ["interval: null", { interval: null }, "interval", "number or string", "null"],
    ["a timeout of nothing", { timeout: "0s" }, "timeout", /a duration from 1ms to 7d/, '"0s"'],
    ["a timeout of a fortnight", { timeout: "14d" }, "timeout", /a duration from 1ms to 7d/, '"14d"'],
    [
      "a timeout that no Worker has",
      { timeout: "15m" },
      "timeout",
      "at most 840000 ms, since the platform ends a Worker then",
      "900000 ms",
    ],
    ["priority 10", { priority: 10 }, "priority", integer(0, 9), "10"],
    ["priority -1", { priority: -1 }, "priority", integer(0, 9), "-1"],
    ["priority 1.5", { priority: 1.5 }, "priority", integer(0, 9), "1.5"],
    ['priority "5"', { priority: "5" }, "priority", "number", '"5"'],
    ["maxRetries -1", { maxRetries: -1 }, "maxRetries", integer(0, 1_000), "-1"],
    ["maxRetries 1001", { maxRetries: 1_001 }, "maxRetries", integer(0, 1_000), "1001"],
    ["maxRetries of 2^53", { maxRetries: 2 ** 53 }, "maxRetries", integer(0, 1_000), "9007199254740992"],
    ["a delay of 2^53", { delay: 2 ** 53 }, "delay", /a duration/, "9007199254740992"],
    ["an interval of 2^53", { interval: 2 ** 53 }, "interval", /a duration/, "9007199254740992"],
    ["an id that is no UUID", { id: "7" }, "id", "a UUIDv7", '"7"'],
    ["an id that is a UUIDv4", { id: "b0f1b1a0-1f1e-4c1b-9f1e-1f1e1f1e1f1e" }, "id", "a UUIDv7", /b0f1b1a0/],
    [
      "an id from the future",
      { id: "fff00000-0000-7000-8000-000000000000" },
      "id",
      /at most 5 minutes ahead/,
      /fff0/,
    ],
    ["an empty queue", { queue: "" }, "queue", text, '""'],
    ["a queue of 256 characters", { queue: "q".repeat(256) }, "queue", text, /^"q{80}\.\.\."$/],
    ["a queue with a control character", { queue: "a\u0000b" }, "queue", text, '"a\\u0000b"'],
    ["a unique key with a line break", { uniqueKey: "a\nb" }, "uniqueKey", text, '"a\\nb"'],
    ["a unique key of 256 characters", { uniqueKey: "k".repeat(256) }, "uniqueKey", text, /\.\.\."$/],
    ["uniqueKey: null", { uniqueKey: null }, "uniqueKey", "string", "null"],
    ["an unknown field", { card: "4111" }, "card", "absent, since no such field exists", "a string"],
    ["a field in snake_case", { max_retries: 3 }, "max_retries", /absent/, "a number"],
    ["an unknown field with a long name", { ["x".repeat(9_000)]: 1 }, /^x{120}\.\.\.$/, /absent/, "a number"],
  ])("%s", async (_name, change, field, expected, got) => {
    const matching = (value: string | RegExp) =>
      value instanceof RegExp ? expect.stringMatching(value) : value;
    const problem = { field: matching(field), expected: matching(expected), got: matching(got) };
    await expectRefused(400, problem, { raw: JSON.stringify({ ...good, ...change }) });
  });

  // Lone surrogates, which JSON can spell and UTF-8 cannot: a naive Node process that reads one back aborts.
  it.each([
    ["uniqueKey", '"uniqueKey": "\\ud800"', { field: "uniqueKey", expected: text, got: '"\\ud800"' }],
    ["queue", '"queue": "a\\udfff"', { field: "queue", got: '"a\\udfff"' }],
    ["funcPath", '"funcPath": "\\ud800"', { field: "funcPath", code: "unknown_task", got: '"\\ud800"' }],
    ["id", '"id": "\\ud800"', { field: "id", got: '"\\ud800"' }],
    ["eta", '"eta": "\\ud800"', { field: "eta" }],
    [
      "args",
      '"args": [1, ["\\ud800"]]',
      { field: "args[1][0]", code: "not_serializable", got: "a lone surrogate" },
    ],
    ["kwargs", '"kwargs": {"a": {"x": "\\udc00\\ud800"}}', { field: "kwargs.a.x", got: "a lone surrogate" }],
    ["a key of kwargs", '"kwargs": {"\\ud800": 1}', { field: "kwargs", got: "a lone surrogate" }],
    [
      "the name of a field",
      '"\\ud800": 1',
      { field: "\ud800", expected: "absent, since no such field exists" },
    ],
  ])("a lone surrogate in %s", async (_name, member, problem) => {
    await expectRefused(400, problem, { raw: `{"funcPath": "sample.wordcount", ${member}}` });
  });

  it.each([101, 2_000, 100_000])("args nested %d deep", async (depth) => {
    const raw = `{"funcPath": "sample.wordcount", "args": ${nested(depth)}}`;
    await expectRefused(400, { code: "not_serializable", expected: "nested at most 100 deep" }, { raw });
  });

  it("kwargs, or any other field, nested 2,000 deep", async () => {
    const kwargs = `{"funcPath": "sample.add", "kwargs": {"a": ${nested(2_000)}}}`;
    await expectRefused(
      400,
      { code: "not_serializable", field: expect.stringMatching(/^kwargs\.a/) },
      { raw: kwargs },
    );
    const eta = `{"funcPath": "sample.add", "eta": ${nested(2_000)}}`;
    await expectRefused(400, { field: "eta", got: "an array of 1" }, { raw: eta });
  });

  it.each([
    ["a number too large for JSON to keep", '"args": [1e999]', { field: "args[0]", got: "Infinity" }],
    ["priority 1e999", '"priority": 1e999', { field: "priority", got: "Infinity" }],
  ])("%s", async (_, member, problem) => {
    await expectRefused(400, problem, { raw: `{"funcPath": "sample.wordcount", ${member}}` });
  });

  it.each([
    [
      "broken JSON",
      '{"funcPath": "sample.add", ',
      400,
      { code: "invalid_json", field: "the body", expected: "JSON" },
    ],
    ["an empty body", "", 400, { code: "invalid_json", field: "the body", expected: "JSON" }],
    ["a null body", "null", 400, { field: "the body", expected: "an object", got: "null" }],
    [
      "an array body",
      JSON.stringify([good]),
      400,
      { field: "the body", expected: "an object", got: "an array of 1" },
    ],
    ["a text body", '"sample.add"', 400, { field: "the body", expected: "an object", got: "a string" }],
    ["a number body", "7", 400, { field: "the body", expected: "an object", got: "a number" }],
  ])("%s", async (_, raw, status, problem) => {
    await expectRefused(status, problem, { raw });
  });

  it.each([
    ["args", '"args": [[9007199254740993]]', { field: "args[0][0]", code: "not_serializable" }],
    ["kwargs", '"kwargs": {"id": 1234567890123456789}', { field: "kwargs.id", code: "not_serializable" }],
    ["a field", '"maxRetries": 9007199254740993', { field: "maxRetries", expected: "number" }],
  ])("an integer that would come back with other digits in %s", async (_, member, problem) => {
    await expectRefused(400, problem, { raw: `{"funcPath": "sample.wordcount", ${member}}` });
  });

  it.each([
    ['{"funcPath": "sample.add", "kwargs": {"card": "4111", "cvc": 987x}}', /position 64/],
    ['{"funcPath": "sample.add", "kwargs": {"card": 4111 1111}}', /position 51/],
    ['{"funcPath": "sample.add", "kwargs": {"card": "4111', /position 51/],
    ['{"card": 4111111111111111,}', /position 26/],
    ['{"card": ["4111",]}', /^a character that JSON does not have there$/],
    ["{\"card\": '4111'}", /^a character/],
    ["4111x", /position 4/],
    ["x4111", /^a character/],
    ["", /end/],
  ])("JSON that is broken, by the place and never by its text: %s", async (raw, got) => {
    await expectRefused(400, { code: "invalid_json", got: expect.stringMatching(got) }, { raw });
    const { text } = await call("POST", "/v1/tasks", { raw });
    expect(text).not.toMatch(/41|987|card/);
  });

  it("text that is not UTF-8", async () => {
    const body = JSON.stringify({ ...good, uniqueKey: "caf\u00e9" });
    const raw = Uint8Array.from(body, (character) => character.charCodeAt(0));
    await expectRefused(400, { code: "invalid_json", expected: "JSON in UTF-8" }, { raw });
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])(
    "the content type %j",
    async (type) => {
      const options = { raw: JSON.stringify(good), headers: { "content-type": type } };
      const got = JSON.stringify(type);
      await expectRefused(
        415,
        { code: "unsupported_media_type", field: "Content-Type", expected: "application/json", got },
        options,
      );
    },
  );

  it("takes a content type with a charset", async () => {
    const headers = { "content-type": "Application/JSON; charset=utf-8" };
    expect((await call("POST", "/v1/tasks", { json: good, headers })).status).toBe(201);
  });
});
