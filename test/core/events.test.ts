import { describe, expect, it } from "vitest";
import { guarded } from "../../src/core/events.ts";
import { SILENT } from "../../src/core/log.ts";

const EVENT = { type: "tasks.purged", count: 3 } as const;

describe("an event listener", () => {
  for (const [how, listener] of Object.entries({
    throws: () => {
      throw new TypeError("no");
    },
    "gives a promise that rejects": async () => {
      throw new TypeError("no");
    },
  })) {
    it(`that ${how} stops nothing: the log tells of it`, async () => {
      const lines: unknown[] = [];
      const log = { ...SILENT, error: (message: string, fields = {}) => lines.push({ message, ...fields }) };
      guarded(listener, log)(EVENT);
      await Promise.resolve();
      expect(lines).toEqual([
        { message: "the event listener failed", type: "tasks.purged", error: "TypeError: no" },
      ]);
    });

    it(`that ${how} stops nothing where the log fails too`, async () => {
      const error = () => {
        throw new Error("the log is full");
      };
      expect(() => guarded(listener, { ...SILENT, error })(EVENT)).not.toThrow();
      await Promise.resolve();
    });
  }
});
