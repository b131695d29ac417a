import { describe, expect, it } from "vitest";
import { SerializationError, TooLargeError } from "../../src/core/errors.ts";
import { byteLength, serialize, toTaskError } from "../../src/core/serialize.ts";
import { NOW } from "../support/tasks.ts";

const LIMITS = { maxBytes: 256 * 1024, maxDepth: 100 };
const text = (value: unknown) => serialize(value, "kwargs", LIMITS);

class Person {
  readonly name = "Ada";
}

function nested(depth: number): unknown {
  return depth === 0 ? "core" : { inner: nested(depth - 1) };
}

function cyclic(): unknown {
  const value: Record<string, unknown> = { name: "loop" };
  value.self = { again: value };
  return value;
}

describe("serialize", () => {
  for (const value of [
    null,
    true,
    0,
    -1.5e300,
    Number.MAX_SAFE_INTEGER,
    "",
    'text with " and \\ and \u0000 and \u2028',
    "😀",
    [],
    {},
    [[], {}, [null]],
    { a: { b: [1, "two", { c: false }] } },
    JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}'),
    { toJSON: "a name like any other" },
    Object.assign(Object.create(null), { bare: true }),
  ]) {
    it(`keeps ${JSON.stringify(value)}`, () => {
      expect(JSON.stringify(JSON.parse(text(value)))).toBe(JSON.stringify(value));
    });
  }

  it("-0 becomes 0", () => {
    expect(text([-0])).toBe("[0]");
  });

  it("an undefined property is dropped", () => {
    expect(text({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  it("the same object twice is no cycle", () => {
    const shared = { n: 1 };
    expect(text({ a: shared, b: [shared] })).toBe('{"a":{"n":1},"b":[{"n":1}]}');
  });

  for (const [what, value, path, got] of [
    ["a function", { run: () => 1 }, "kwargs.run", "a function"],
    ["a symbol", { kind: Symbol("s") }, "kwargs.kind", "a symbol"],
    ["a BigInt", { user: { id: 7n } }, "kwargs.user.id", "a bigint"],
    ["NaN", [1, Number.NaN], "kwargs[1]", "NaN"],
    ["Infinity", { x: [Number.POSITIVE_INFINITY] }, "kwargs.x[0]", "Infinity"],
    ["-Infinity", Number.NEGATIVE_INFINITY, "kwargs", "-Infinity"],
    ["a Date", { user: { joined: new Date(0) } }, "kwargs.user.joined", "an object of type Date"],
    ["a Map", { by: new Map() }, "kwargs.by", "an object of type Map"],
    ["a Set", { by: new Set() }, "kwargs.by", "an object of type Set"],
    ["a class instance", { person: new Person() }, "kwargs.person", "an object of type Person"],
    ["an Error", { error: new Error("x") }, "kwargs.error", "an object of type Error"],
    ["a typed array", { bytes: new Uint8Array(2) }, "kwargs.bytes", "an object of type Uint8Array"],
    ["a boxed primitive", { n: Object(7) }, "kwargs.n", "an object of type Number"],
    ["undefined in an array", { list: [1, undefined] }, "kwargs.list[1]", "undefined"],
    ["a hole in an array", { list: new Array(2) }, "kwargs.list[0]", "undefined"],
    ["undefined", undefined, "kwargs", "undefined"],
    ["an object with toJSON", { when: { toJSON: () => 1 } }, "kwargs.when", "an object of type Object"],
    [
      "an array with toJSON",
      { a: Object.assign([1], { toJSON: () => undefined }) },
      "kwargs.a",
      "an array of 1",
    ],
    ["a lone surrogate in a value", { name: "a\ud800" }, "kwargs.name", "a lone surrogate"],
    ["a lone surrogate in a key", { user: { "\udc00": 1 } }, "kwargs.user", "a lone surrogate"],
    [
      "a lone surrogate in a key whose value is dropped",
      { "\udc00": undefined },
      "kwargs",
      "a lone surrogate",
    ],
  ] as const) {
    it(`refuses ${what} and names its path`, () => {
      expect(() => text(value)).toThrow(SerializationError);
      expect(() => text(value)).toThrow(expect.objectContaining({ field: path, got }));
    });
  }

  it("refuses a cycle", () => {
    expect(() => text(cyclic())).toThrow(/got a deeper nesting or a cycle/);
  });

  it("takes a nesting of 100", () => {
    expect(JSON.parse(text(nested(100)))).toEqual(nested(100));
  });

  for (const depth of [101, 2_000, 100_000]) {
    it(`refuses a nesting of ${depth}`, () => {
      let value: unknown = "core";
      for (let n = 0; n < depth; n++) value = [value];
      expect(() => text(value)).toThrow(SerializationError);
      expect(() => text(value)).toThrow(
        /^expected kwargs\[0\]\[0\].{1,140}\.\.\. to be nested at most 100 deep/,
      );
    });
  }

  it("names the depth that it is given", () => {
    expect(() => serialize([[1]], "value", { maxBytes: 100, maxDepth: 1 })).toThrow(
      "expected value[0] to be nested at most 1 deep",
    );
  });

  it("a path in an error is short, whatever the keys are", () => {
    const key = "k".repeat(100_000);
    expect(() => text({ [key]: { [key]: 1n } })).toThrow(SerializationError);
    try {
      text({ [key]: { [key]: 1n } });
    } catch (error) {
      expect(String(error).length).toBeLessThan(400);
    }
  });

  it("takes exactly the limit in bytes, and refuses one more", () => {
    const limit = { maxBytes: 20, maxDepth: 100 };
    expect(serialize("x".repeat(18), "result", limit)).toHaveLength(20);
    expect(() => serialize("x".repeat(19), "result", limit)).toThrow(TooLargeError);
    expect(() => serialize("x".repeat(19), "result", limit)).toThrow(
      "expected result to be at most 20 bytes of JSON, got 21 bytes",
    );
  });

  it("counts bytes, not characters", () => {
    const limit = { maxBytes: 20, maxDepth: 100 };
    expect(serialize("é".repeat(9), "result", limit)).toHaveLength(11);
    expect(() => serialize("é".repeat(10), "result", limit)).toThrow("got 22 bytes");
    expect(() => serialize("😀".repeat(5), "result", limit)).toThrow("got 22 bytes");
  });
});

describe("byteLength", () => {
  it("is exact where the text may pass the limit", () => {
    expect(byteLength("aé€😀")).toBe(10);
    expect(byteLength("aé€😀", 14)).toBe(10);
  });
});

describe("toTaskError", () => {
  const context = { at: NOW, attempt: 3, retryable: true, maxBytes: 8 * 1024 };

  it("keeps type, message, stack and the attempt", () => {
    const error = new RangeError("too far");
    expect(toTaskError(error, context)).toEqual({
      type: "RangeError",
      message: "too far",
      stack: error.stack,
      at: NOW,
      attempt: 3,
      retryable: true,
    });
  });

  for (const [thrown, message] of [
    ["text", 'thrown: "text"'],
    [undefined, "thrown: undefined"],
    [{ code: 7 }, "thrown: an object of type Object"],
    [Symbol("s"), "thrown: Symbol(s)"],
  ] as const) {
    it(`takes ${String(message)}`, () => {
      expect(toTaskError(thrown, context)).toEqual({
        type: "NonError",
        message,
        at: NOW,
        attempt: 3,
        retryable: true,
      });
    });
  }

  it("takes at most its bytes, whatever has to be escaped", () => {
    for (const filler of ["x", '"', "\u0000", "é", "😀", "\ud800"]) {
      const error = new Error(filler.repeat(20_000));
      error.name = filler.repeat(500);
      error.stack = filler.repeat(20_000);
      expect(byteLength(JSON.stringify(toTaskError(error, context)))).toBeLessThanOrEqual(context.maxBytes);
    }
  });

  it("never cuts a character in half", () => {
    const kept = toTaskError(new Error(`x${"😀".repeat(20_000)}`), context);
    expect(JSON.stringify(kept)).toBe(JSON.stringify(kept).toWellFormed());
    expect(kept.message.isWellFormed()).toBe(true);
  });
});
