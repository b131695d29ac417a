import * as v from "valibot";
import { defineTask } from "../../../src/core/registry.ts";

export const add = defineTask("math.add", {
  input: v.object({ a: v.number(), b: v.number() }),
  run: ({ a, b }) => ({ sum: a + b }),
});
export const login = defineTask("user.login", {
  input: v.object({ word: v.string() }),
  redact: ["kwargs.word"],
  run: ({ word }) => ({ length: word.length }),
});
