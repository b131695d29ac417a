import { describe, expect, it } from "vitest";
import { parseJson } from "../../src/http/json.ts";

const encode = (text: string) => new TextEncoder().encode(text).buffer;
const parse = (text: string) => parseJson(encode(text));

/** Just below and at the last integer that has all of its neighbours. */
const SAFE = "9007199254740991";
const CHANGED = "9007199254740993";

describe("JSON that comes back equal", () => {
  it.each([
    ["the largest safe integer", SAFE],
    ["an integer beyond it that a number holds", "9007199254740992"],
    ["one that JavaScript wrote", String(2 ** 60)],
    ["microseconds since 1970", "1795510800000123"],
    ["digits in a text", `["${CHANGED}", "\\" , ${CHANGED}", {"a:${CHANGED}": 1}]`],
    ["digits in a text after a backslash", `{"\\\\": "${CHANGED}"}`],
    ["a long fraction, which is a double to everybody", `[0.${CHANGED}, ${CHANGED}.0, 1e-400]`],
    ["nothing", "null"],
    ["what JavaScript takes for an object's prototype", '{"__proto__": {"a": 1}}'],
  ])("is parsed: %s", (_, text) => {
    expect(JSON.stringify(parse(text))).toBe(JSON.stringify(JSON.parse(text)));
  });

  it.each([
    ["2^53 + 1", CHANGED, 0],
    ["a negative one", `{"a": -${CHANGED}}`, 6],
    ["2^60 to the digit, which comes back otherwise", `[1,1152921504606846976]`, 3],
    ["the id of a message at a chat service", '{"kwargs":{"id":1234567890123456789}}', 16],
    ["one of 25 digits", `[${"1".repeat(25)}]`, 1],
    ["one after a text that ends with a backslash", `["\\\\",${CHANGED}]`, 6],
    ["one after a text that looks like its end", `["\\"", ${CHANGED}]`, 7],
    ["one after digits in a text", `["${CHANGED}",${CHANGED}]`, 20],
  ])("is refused where a number does not hold an integer to the digit: %s", (_, text, position) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: "not_serializable",
        field: "the body",
        got: `another at position ${position}`,
      }),
    );
  });

  it("leaves what is too large for any number to the guard of all values", () => {
    expect(parse(`[1e400, ${"9".repeat(309)}, -0]`)).toEqual([Infinity, Infinity, -0]);
  });

  it.each([
    ["Latin-1", new Uint8Array([0x22, 0xe9, 0x22]).buffer],
    ["a surrogate", new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]).buffer],
    ["a character that is cut off", new Uint8Array([0x22, 0xf0, 0x9f]).buffer],
    ["UTF-16", new Uint8Array([0xff, 0xfe, 0x22, 0x00]).buffer],
  ])("is refused where its bytes are no UTF-8: %s", (_, bytes) => {
    expect(() => parseJson(bytes)).toThrow(
      expect.objectContaining({ code: "invalid_json", got: "bytes that are no UTF-8" }),
    );
  });

  it("is looked through once, however long it is", () => {
    const millions = [
      "1".repeat(4e6),
      `[${"1234567890123456,".repeat(250_000)}1]`,
      `["${"\\\\".repeat(2e6)}"]`,
      `[${'"a",'.repeat(1e6)}1]`,
    ];
    for (const text of millions) expect(() => parse(text)).not.toThrow();
  });
});
