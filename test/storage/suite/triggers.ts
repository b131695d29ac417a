import { describe, expect, it } from "vitest";
import type { Context } from "./context.ts";

const TRIGGERS = ["tasks_release_ended_trigger", "tasks_release_deleted_trigger"];

export function describeTriggers(context: Context): void {
  /** The plans of the statements in a trigger's body, and of the condition that it runs on. */
  async function plansOf(trigger: string): Promise<string[]> {
    const [row] = await context.database.sql("SELECT sql FROM sqlite_schema WHERE name = ?1", trigger);
    const text = String(row?.sql);
    const condition = /EXISTS \((SELECT[^)]*)\)/.exec(text)?.[1] ?? "";
    const body = text.slice(text.indexOf("BEGIN") + 5, text.lastIndexOf("END")).split(";");
    const plans: string[] = [];
    for (const statement of [condition, ...body].map((part) => part.trim()).filter((part) => part !== "")) {
      const sql = `EXPLAIN QUERY PLAN ${statement.replaceAll(/\b(NEW|OLD)\.\w+/g, "?1")}`;
      const steps = await context.database.driver.all({ sql, parameters: [null] });
      plans.push(steps.map((step) => String(step.detail)).join("\n"));
      // The native libSQL client leaves the EXPLAIN of a write open: the next batch cannot commit, after which the driver reconnects.
      await context.database.sql("SELECT 1").catch(() => null);
    }
    return plans;
  }

  describe("the triggers that release what waits", () => {
    it.each(TRIGGERS)(
      "%s seeks the edges of the task that ended, and what waits by its id",
      async (trigger) => {
        const [condition, ...body] = await plansOf(trigger);
        expect(condition).toMatch(/SEARCH dependencies USING PRIMARY KEY \(parent_id=\?\)/);
        for (const plan of body) {
          expect(plan).not.toMatch(/^SCAN/m);
          expect(plan).toMatch(/SEARCH dependencies USING (COVERING INDEX|PRIMARY KEY)/);
        }
        expect(body.filter((plan) => /SEARCH tasks USING PRIMARY KEY \(id=\?\)/.test(plan))).toHaveLength(
          body.length - 1,
        );
      },
    );
  });
}
