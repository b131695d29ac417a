import { describe, expect, it } from "vitest";
import { backoffDelay } from "../../../src/core/backoff.ts";
import { settle } from "../../../src/core/transitions.ts";
import { NOW, taskError } from "../../support/tasks.ts";
import { type Context, found, HOUR, SECOND } from "./context.ts";

export function describeRetries(context: Context): void {
  /** Lets a task fail until it is FAILED; answers with the delay after each run. */
  async function failUntilSpent(maxRetries: number): Promise<{ id: string; delays: number[] }> {
    const { id } = await context.enqueue({ maxRetries });
    const delays: number[] = [];
    for (let now = NOW; ; now = Number((await context.row(id)).eta)) {
      const task = await context.storage().dequeue(now);
      if (task === null) return { id, delays };
      const failure = { kind: "failure", error: taskError({ at: now, attempt: task.attempts }) } as const;
      const settlement = found(settle(task, failure, now, (failures) => backoffDelay(failures, 0)));
      await context.storage().settleMany([settlement], now);
      delays.push(Number((await context.row(id)).eta) - now);
    }
  }

  describe("retries", () => {
    it("retries: delay = base * 2^failures plus jitter, capped at 1 h; FAILED once they are spent", async () => {
      const { id, delays } = await failUntilSpent(13);
      const expected = Array.from({ length: 13 }, (_, index) => Math.min(HOUR, 2 ** (index + 1) * SECOND));
      expect(delays).toEqual([...expected, 0]);
      expect(await context.row(id)).toMatchObject({ status: "FAILED", failures: 14, attempts: 14 });
      expect((await context.result(id))?.status).toBe("FAILED");
    });

    for (const maxRetries of [0, 1, 3]) {
      it(`max_retries = N means up to N + 1 runs: ${maxRetries}`, async () => {
        const { id, delays } = await failUntilSpent(maxRetries);
        expect(delays).toHaveLength(maxRetries + 1);
        expect((await context.row(id)).attempts).toBe(maxRetries + 1);
      });
    }
  });
}
