import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../src/core/errors.ts";
import { pendingTask } from "../../src/core/prepare.ts";
import { parseRedact, REDACTED, redactOutcome, redactTask } from "../../src/core/redact.ts";
import type { JsonObject, JsonValue, Task } from "../../src/core/task.ts";
import { json, NOW, newTask } from "../support/tasks.ts";

function task(kwargs: JsonObject, args: JsonValue[] = []): Task {
  return pendingTask(newTask({ args: json(args), kwargs: json(kwargs) }), NOW);
}

/** What is shown of a payload. */
function shown(redact: true | string[], kwargs: JsonObject, args: JsonValue[] = []) {
  const redacted = redactTask(task(kwargs, args), parseRedact(redact, "test"));
  return { kwargs: redacted.kwargs, args: redacted.args };
}

describe("what is shown of a task", () => {
  it("is all of it where nothing is redacted", () => {
    const given = task({ a: 1 }, [2]);
    expect(redactTask(given, parseRedact([], "test"))).toEqual(given);
  });

  it("true redacts every value of args and kwargs, whose names stay", () => {
    expect(shown(true, { to: "a@example.com", card: { number: 4 } }, ["a", [1]])).toEqual({
      kwargs: { to: REDACTED, card: REDACTED },
      args: [REDACTED, REDACTED],
    });
  });

  for (const [path, kwargs, expected] of [
    ["kwargs.password", { user: "a", password: "b" }, { user: "a", password: REDACTED }],
    ["kwargs.card.number", { card: { number: 1, year: 2 } }, { card: { number: REDACTED, year: 2 } }],
    ["kwargs.card", { card: { number: 1 } }, { card: REDACTED }],
    ["kwargs.pins[1]", { pins: [1, 2, 3] }, { pins: [1, REDACTED, 3] }],
    ["kwargs.pins[*]", { pins: [1, 2] }, { pins: [REDACTED, REDACTED] }],
    ["kwargs.cards[*].number", { cards: [{ number: 1 }, {}] }, { cards: [{ number: REDACTED }, {}] }],
    ["kwargs.grid[*][0]", { grid: [[1, 2], [3]] }, { grid: [[REDACTED, 2], [REDACTED]] }],
    ["kwargs[*].token", { a: { token: 1, b: 2 } }, { a: { token: REDACTED, b: 2 } }],
    ["kwargs", { a: 1 }, { a: REDACTED }],
    ["kwargs.a-b c", { "a-b c": 1 }, { "a-b c": REDACTED }],
    ["kwargs.none.deeper", { a: 1 }, { a: 1 }],
    ["kwargs.pins[9]", { pins: [1] }, { pins: [1] }],
    ["args", { a: 1 }, { a: 1 }],
    ["result", { a: 1 }, { a: 1 }],
  ] as const satisfies [string, JsonObject, JsonObject][]) {
    it(`${path} of ${JSON.stringify(kwargs)} shows ${JSON.stringify(expected)}`, () => {
      expect(shown([path], kwargs).kwargs).toEqual(expected);
    });
  }

  it("args[0] is the first of args", () => {
    expect(shown(["args[0]"], { a: 1 }, ["secret", "plain"])).toEqual({
      kwargs: { a: 1 },
      args: [REDACTED, "plain"],
    });
  });

  it("a value of another form than the path says is redacted whole", () => {
    for (const card of ["4111", 4111, null, [4111], [{ number: 4111 }]])
      expect(shown(["kwargs.card.number"], { card }).kwargs).toEqual({ card: REDACTED });
    for (const pins of ["12", { 0: 12 }])
      expect(shown(["kwargs.pins[0]"], { pins }).kwargs).toEqual({ pins: REDACTED });
  });

  it("several paths are redacted together, one within the other in either order", () => {
    const kwargs = { card: { number: 1 }, pin: 2, to: 3 };
    const paths = ["kwargs.card", "kwargs.card.number", "kwargs.pin"];
    const expected = { card: REDACTED, pin: REDACTED, to: 3 };
    expect(shown(paths, kwargs).kwargs).toEqual(expected);
    expect(shown(paths.reverse(), kwargs).kwargs).toEqual(expected);
  });

  it("a member named __proto__ or constructor is one as any other", () => {
    const kwargs: JsonObject = JSON.parse('{"__proto__": {"pin": 1}, "constructor": 2, "to": 3}');
    const { kwargs: redacted } = shown(["kwargs.__proto__.pin", "kwargs.constructor"], kwargs);
    expect(JSON.stringify(redacted)).toBe(
      `{"__proto__":{"pin":"${REDACTED}"},"constructor":"${REDACTED}","to":3}`,
    );
    expect(Object.getPrototypeOf(redacted)).toBe(Object.prototype);
    expect(shown(["kwargs.__proto__.toString", "kwargs.toString"], { to: 3 }).kwargs).toEqual({ to: 3 });
  });
});

describe("what is shown of a result", () => {
  const base = { taskId: "", finishedAt: NOW, attempts: 1, lastAttemptAt: NOW };
  const success = (result: JsonValue) =>
    ({
      funcPath: "test",
      status: "SUCCESS",
      result: { ...base, status: "SUCCESS", result, error: null },
    }) as const;
  const shownResult = (redact: true | string[], result: JsonValue) =>
    redactOutcome(success(result), parseRedact(redact, "test")).result?.result;

  it("is what the paths from `result` leave, and nothing where that is all", () => {
    expect(shownResult(["result.token"], { token: "a", id: 1 })).toEqual({ token: REDACTED, id: 1 });
    expect(shownResult(["result[*].token"], [{ token: "a" }])).toEqual([{ token: REDACTED }]);
    expect(shownResult(["result"], { token: "a" })).toBe(REDACTED);
    expect(shownResult(true, "a")).toBe(REDACTED);
    expect(shownResult(["kwargs", "args"], "a")).toBe("a");
  });

  it("is its status where there is no value", () => {
    const redaction = parseRedact(true, "test");
    const waiting = { funcPath: "test", status: "RUNNING", result: null } as const;
    expect(redactOutcome(waiting, redaction)).toEqual(waiting);
    const result = { ...base, status: "CANCELLED", result: null, error: null } as const;
    const cancelled = { funcPath: "test", status: "CANCELLED", result } as const;
    expect(redactOutcome(cancelled, redaction)).toEqual(cancelled);
  });
});

describe("a path of redact", () => {
  for (const path of [
    "",
    "password",
    "kwargs.",
    "kwargs..a",
    "kwargs.a.",
    "kwargs[0]",
    "kwargs.a[",
    "kwargs.a[b]",
    "kwargs.a[-1]",
    "kwargs.a[]",
    "kwargsa",
    "args.a",
    "argsa",
    "results.a",
    " kwargs.a",
  ]) {
    it(`is not ${JSON.stringify(path)}: the definition is refused`, () => {
      const texts = ["kwargs.fine", path];
      expect(() => parseRedact(texts, "mail.send")).toThrow(ConfigError);
      expect(() => parseRedact(texts, "mail.send")).toThrow(
        /^expected redact\[1\] of task mail\.send to be a path like "args\[0\]", "kwargs\.card\.number", .*, got /,
      );
    });
  }
});

describe("whatever the payload and the paths", () => {
  const name = fc.constantFrom("a", "b", "__proto__", "constructor", "0", "length", "[*]");
  /** Every value is a text of its own, every second name too. */
  const { value } = fc.letrec<{ value: JsonValue; object: JsonObject; array: JsonValue[] }>((tie) => ({
    value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, fc.uuid(), tie("array"), tie("object")),
    array: fc.array(tie("value"), { maxLength: 3 }),
    object: fc
      .array(fc.tuple(fc.oneof(name, fc.uuid()), tie("value")), { maxLength: 4 })
      .map((members) => Object.fromEntries(members)),
  }));
  const kwargs = fc
    .array(fc.tuple(name, value), { maxLength: 4 })
    .map((members): JsonObject => Object.fromEntries(members));
  const step = fc.oneof(
    name.filter((text) => text !== "[*]").map((text) => `.${text}`),
    fc.constantFrom("[*]", "[0]", "[1]"),
  );
  const path = fc
    .tuple(
      name.filter((text) => text !== "[*]"),
      fc.array(step, { maxLength: 4 }),
    )
    .map(([first, steps]) => [`.${first}`, ...steps]);

  /** All that a path leads to. */
  function reached(from: JsonValue, [first, ...rest]: readonly string[]): JsonValue[] {
    if (first === undefined) return [from];
    if (typeof from !== "object" || from === null) return [];
    const index = /^\[(\d)\]$/.exec(first)?.[1];
    if (index !== undefined && !Array.isArray(from)) return [];
    if (first.startsWith(".") && Array.isArray(from)) return [];
    const wanted = index ?? first.slice(1);
    const members = Object.entries(from).filter(([key]) => first === "[*]" || key === wanted);
    return members.flatMap(([, member]) => reached(member, rest));
  }

  it("nothing that is under a redacted path is shown, and all that is beside it", () => {
    fc.assert(
      fc.property(kwargs, fc.array(path, { minLength: 1, maxLength: 3 }), (payload, paths) => {
        const before = JSON.stringify(payload);
        const redacted = shown(
          paths.map((steps) => `kwargs${steps.join("")}`),
          payload,
        ).kwargs;
        const text = JSON.stringify(redacted);
        const secrets = paths.flatMap((steps) => reached(payload, steps));
        for (const secret of secrets)
          for (const [uuid] of JSON.stringify(secret).matchAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g))
            expect(text).not.toContain(uuid);
        for (const steps of paths) expect(new Set([...reached(redacted, steps), REDACTED]).size).toBe(1);
        expect(Object.keys(redacted)).toEqual(Object.keys(payload));
        for (const [key, member] of Object.entries(payload))
          if (!paths.some(([first]) => first === `.${key}`))
            expect(Object.getOwnPropertyDescriptor(redacted, key)?.value).toEqual(member);
        expect(JSON.stringify(payload)).toBe(before);
      }),
    );
  });
});
