import { describe, expect, it } from "vitest";
import { parseJson } from "../../src/core/json.ts";

/** An integer that a number rounds, and one that it holds. */
const [CHANGED, HELD] = ["9007199254740993", "9007199254740992"];

describe("parseJson", () => {
  it.each([
    ["nothing", "null"],
    ["scalars", '[1.5, -2e-3, true, false, null, "text"]'],
    ["the largest safe integer", "9007199254740991"],
    ["an integer beyond it that a number holds", `[${HELD}]`],
    ["one that JavaScript wrote", `[${2 ** 60}]`],
    ["microseconds since 1970", '{"at": 1795510800000123}'],
    ["digits in a text", `["${CHANGED}", "\\" , ${CHANGED}", "a: ${CHANGED}\\\\"]`],
    ["a long fraction, which is a double to everybody", `[${CHANGED}.0, ${CHANGED}e0, 1e-400]`],
    ["what JavaScript takes for an object's prototype", '{"__proto__": {"a\\n": 1}}'],
    ["a name given twice", '{"a\\n": 1, "b": 2, "a\\n": 3}'],
    ["names that are indexes", '{"b\\n": 0, "1": 1, "0": 2}'],
    ["spaces wherever they may be", ' { "a\\tb" : [ ] ,\n"c" :\r\n{\t} , "d" : [ 1 , [ 2 ] ] } '],
    ["texts that look like their own end", '{"\\\\": "\\"", "\\"}": "]\\\\", "[\\\\\\"": [""]}'],
    ["names in other characters", '{"\\u00e9": "\\ud83c\\udf88", "é": "🎈"}'],
  ])("reads as JSON.parse does: %s", (_, text) => {
    // In Node as it is a name with an escape may be read wrong: each has an object of its own here.
    expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
  });

  it.each([
    ["2^53 + 1", CHANGED, BigInt(CHANGED)],
    ["a negative one", `[-${CHANGED}]`, [-BigInt(CHANGED)]],
    ["2^60 to the digit, which comes back otherwise", "[1,1152921504606846976]", [1, 2n ** 60n]],
    ["the id of a message at a chat service", '{"id":1234567890123456789}', { id: 1234567890123456789n }],
    ["one of 25 digits", `[ ${"1".repeat(25)} ]`, [BigInt("1".repeat(25))]],
    [
      "one after a text that looks like it",
      `["${CHANGED}\\\\", ${CHANGED}]`,
      [`${CHANGED}\\`, BigInt(CHANGED)],
    ],
  ])("gives an integer that a number does not hold to the digit as a BigInt: %s", (_, text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  it("gives what is too large for any number as infinite", () => {
    expect(parseJson(`[1e400, -1e400, ${"9".repeat(400)}]`)).toEqual([Infinity, -Infinity, Infinity]);
  });

  it.each([
    ['{"p": 1, "\\\\": 0}', '{"p": 1, "\\n": 0}', "\n"],
    ['{"q": 1, "C:\\\\new": 0}', '{"q": 1, "C:\\new": 0}', "C:\new"],
    ['{"r": 1, "\\\\u0041": 0}', '{"r": 1, "\\u0041bcdef": 0}', "Abcdef"],
  ])("reads a name as it is written, whatever was read before: %s, then %s", (before, text, name) => {
    JSON.parse(before);
    expect(Object.keys(parseJson(text))[1]).toBe(name);
  });

  it.each(["", "{", '{"a\\n": }', `[${CHANGED},]`, '{"a\\n" 1}', "{'a\\n': 1}", `0${CHANGED}`, '["\\x"]'])(
    "refuses what is no JSON: %j",
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    },
  );

  it("is not overcome by what is long", () => {
    for (const text of [
      "1".repeat(4e6),
      `["${"x".repeat(4e6)}", ${CHANGED}]`,
      `{"${"\\n".repeat(2e6)}": "${"\\\\".repeat(2e6)}"}`,
      `[${"1234567890123456,".repeat(100_000)}1]`,
    ]) {
      expect(() => parseJson(text)).not.toThrow();
    }
  });

  it("throws where what it has to read itself is nested too deep for the stack", () => {
    const nested = (depth: number) => `${"[".repeat(depth)}${CHANGED}${"]".repeat(depth)}`;
    expect(() => parseJson(nested(1_000))).not.toThrow();
    expect(() => parseJson(nested(100_000))).toThrow(RangeError);
  });
});
