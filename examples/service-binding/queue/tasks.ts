import { defineTask } from "omniq";
import * as v from "valibot";

export const greet = defineTask("greet", {
  input: v.object({ name: v.string() }),
  run: ({ name }) => ({ greeting: `Hello, ${name}!` }),
});

export const tasks = [greet];
