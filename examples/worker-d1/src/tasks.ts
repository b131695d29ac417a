import { defineTask, schedule } from "omniq";
import * as v from "valibot";

export const greet = defineTask("greet", {
  input: v.object({ name: v.string() }),
  run: ({ name }) => ({ greeting: `Hello, ${name}!` }),
});

/** Removes nothing yet: what a nightly task of yours would do. */
export const cleanUp = defineTask("clean-up", { run: () => ({ removed: 0 }), keepResult: false });

export const tasks = [greet, cleanUp];
export const schedules = [schedule("nightly", "0 3 * * *", cleanUp, {}, { timezone: "Europe/Paris" })];
