import { describe, expect, it } from "vitest";
import { check } from "../checker.ts";
import { KEPT } from "./broken.ts";

describe("the checker accepts that", () => {
  it.each(KEPT)("%s", (_, { events }, end) => {
    expect(check(events, end)).toEqual([]);
  });
});
