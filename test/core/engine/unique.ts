import { describe, expect, it } from "vitest";
import { enqueueRequest } from "../../../src/core/prepare.ts";
import { defineTask } from "../../../src/core/registry.ts";
import type { UniqueOptions } from "../../../src/core/unique.ts";
import { type EngineContext, MINUTE } from "./context.ts";

const HOUR = 60 * MINUTE;

export function describeUnique(context: EngineContext): void {
  describe("unique tasks", () => {
    const sync = defineTask<{ user: number; at?: number }>("test.sync", {
      unique: { by: ["kwargs.user"], while: "pending", onConflict: "replace" },
      run: ({ at }) => ({ at: at ?? null }),
    });

    it("a definition's tasks are unique by its default, and the one that runs has the last payload", async () => {
      const queue = context.queue([sync]);
      const first = await queue.enqueue(sync, { user: 1, at: 1 });
      const replaced = { id: first.id, duplicate: true, replaced: true };
      expect(await queue.enqueue(sync, { user: 1, at: 2 })).toEqual(replaced);
      expect(await queue.submit({ funcPath: "test.sync", kwargs: { user: 1, at: 3 } })).toMatchObject({
        task: { id: first.id, kwargs: { user: 1, at: 3 } },
        duplicate: true,
        replaced: true,
        due: true,
      });
      const others = [1, 2].map((user) => enqueueRequest(sync, { user, at: 4 }));
      const receipts = await queue.enqueueMany(others);
      expect(receipts.map(({ duplicate }) => duplicate)).toEqual([true, false]);
      await queue.drain();
      expect(await queue.result(first.id)).toMatchObject({ result: { at: 4 } });
    });

    it("a key that is held until the start lets the handler's own changes be enqueued anew", async () => {
      const again: string[] = [];
      const echo = defineTask<{ user: number }>("test.echo", {
        unique: { while: "pending" },
        async run({ user }) {
          if (again.length === 0) again.push((await queue.enqueue(echo, { user })).id);
        },
      });
      const queue = context.queue([echo]);
      const { id } = await queue.enqueue(echo, { user: 1 });
      expect(await queue.drain()).toMatchObject({ succeeded: 2 });
      expect(again).not.toContain(id);
    });

    it("a window outlasts its task, and is forgotten by a purge after its end", async () => {
      const daily = defineTask("test.daily", { unique: { within: "2h" }, run: () => null });
      const queue = context.queue([daily]);
      const { id } = await queue.enqueue(daily, {});
      await queue.drain();
      context.clock.advance(HOUR);
      expect(await queue.enqueue(daily, {})).toEqual({ id, duplicate: true });
      const windows = () => context.database.sql("SELECT task_id FROM unique_windows");
      await queue.purgeDue(1);
      expect(await windows()).toEqual([{ task_id: id }]);
      context.clock.advance(2 * HOUR);
      await queue.purgeDue(1);
      expect(await windows()).toEqual([]);
      expect((await queue.enqueue(daily, {})).duplicate).toBe(false);
    });

    it("a debounced task runs once, after the last of a burst", async () => {
      const rebuild = defineTask<{ n: number }>("test.rebuild", {
        unique: { by: [], while: "pending", debounce: "10m" },
        run: ({ n }) => n,
      });
      const queue = context.queue([rebuild]);
      const receipts = [];
      for (let n = 0; n < 3; n++) {
        receipts.push(await queue.enqueue(rebuild, { n }, { delay: "2m" }));
        await queue.drain();
        context.clock.advance(MINUTE);
      }
      const [first] = receipts;
      expect(await queue.result(String(first?.id))).toBeNull();
      context.clock.advance(2 * MINUTE);
      expect(await queue.drain()).toMatchObject({ succeeded: 1 });
      expect(await queue.result(String(first?.id))).toMatchObject({ result: 2 });
    });

    it.each<[string, UniqueOptions]>([
      ["unique.onConflict", { onConflict: "replace" }],
      ["unique.onConflict", { onConflict: "reject" }],
      ["unique.onConflict", { debounce: "1m" }],
      ["unique.within", { within: "1m" }],
    ])("an app's own batch refuses what needs a reply, naming %s: %j", async (field, unique) => {
      const plain = defineTask("test.plain", { run: () => null });
      const statements = context.queue([plain]).statements(plain, {}, { unique });
      await expect(statements).rejects.toMatchObject({ code: "invalid_input", field });
    });

    it("an app's own batch takes one that is ignored in a conflict", async () => {
      const plain = defineTask("test.plain", { run: () => null });
      const queue = context.queue([plain]);
      const { id } = await queue.enqueue(plain, { a: 1 }, { unique: { while: "pending" }, delay: "1h" });
      expect(await queue.statements(plain, { a: 1 }, { unique: { while: "pending" } })).toHaveLength(1);
      expect(await queue.enqueue(plain, { a: 1 }, { unique: {} })).toEqual({ id, duplicate: true });
    });
  });
}
