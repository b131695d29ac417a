/** What reads how attempts ended, and forgets it. */
import fc from "fast-check";
import type { Command } from "../run.ts";
import { call } from "../step.ts";
import * as picks from "./picks.ts";

export const read: fc.Arbitrary<Command> = fc
  .record({ from: picks.moment, queue: fc.option(picks.queue), after: fc.option(picks.queue) })
  .map(({ from, queue, after }) => ({ now }) => {
    const minute = now - (now % 60_000);
    const range = { from: minute - (from - (from % 60_000)), to: now + 1, queue };
    // A page goes on within the queue that it is asked for.
    const last = after === null || queue !== null ? null : { queue: after, minute };
    return call("history.read", { ...range, after: last });
  });

export const purge: fc.Arbitrary<Command> = fc.boolean().map(
  (keepsThis) =>
    ({ now }) =>
      call("history.purge", now - (now % 60_000) + (keepsThis ? 0 : 60_000)),
);
