import { describe, expect, it } from "vitest";
import { REDACTED } from "../../src/core/redact.ts";
import { restoreRedacted } from "../../src/dashboard/pages/task/restore.ts";

describe("what an edited payload gets back of what was not shown", () => {
  const original = { a: { pin: "1234", to: "x" }, list: ["s", "t"] };
  const shown = { a: { pin: REDACTED, to: "x" }, list: [REDACTED, "t"] };

  it("is what was left as it was shown, wherever it is", () => {
    expect(restoreRedacted(shown, shown, original)).toEqual(original);
    expect(restoreRedacted({ ...shown, b: 1 }, shown, original)).toEqual({ ...original, b: 1 });
  });

  it("is nothing where it was overwritten, moved, or never there", () => {
    expect(restoreRedacted({ a: { pin: "9" } }, shown, original)).toEqual({ a: { pin: "9" } });
    expect(restoreRedacted({ b: REDACTED, a: { to: REDACTED } }, shown, original)).toEqual({
      b: REDACTED,
      a: { to: REDACTED },
    });
    expect(restoreRedacted({ list: ["t", REDACTED] }, shown, original)).toEqual({ list: ["t", REDACTED] });
    expect(restoreRedacted(JSON.parse('{"__proto__": "[redacted]"}'), shown, original)).toEqual(
      JSON.parse('{"__proto__": "[redacted]"}'),
    );
  });

  it("is refused where a list has become longer or shorter, since nobody can tell whose place it has", () => {
    const original = { coupons: [{ code: "first" }, { code: "second" }], tags: ["a", "b"] };
    const shown = { coupons: [{ code: REDACTED }, { code: REDACTED }], tags: ["a", "b"] };
    for (const coupons of [[{ code: REDACTED }], [{ code: "new" }, ...shown.coupons]]) {
      expect(() => restoreRedacted({ coupons }, shown, original, "kwargs")).toThrow(
        expect.objectContaining({ code: "invalid_input", field: "kwargs" }),
      );
    }
    const written = { coupons: [{ code: "second" }], tags: ["a", "b", "c"] };
    expect(restoreRedacted(written, shown, original)).toEqual(written);
  });
});
