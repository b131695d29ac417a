import { describe, expect, it } from "vitest";
import { TASK_STATUSES } from "../../../src/core/task.ts";
import { json, NOW, newTask } from "../../support/tasks.ts";
import { type Context, LATER, MINUTE } from "./context.ts";

const TASK_COLUMNS =
  "id, func_path, args, kwargs, eta, status, attempts, max_retries, timeout, created_at, updated_at, interval";
const RESULT_COLUMNS = "task_id, status, result, error, finished_at, attempts, last_attempt_at";

export function describeSpecification(context: Context): void {
  const columns = async (table: string) =>
    (await context.database.sql("SELECT name FROM pragma_table_info(?1)", table)).map((row) => row.name);

  describe("tables", () => {
    it(`a tasks table with columns ${TASK_COLUMNS}`, async () => {
      expect(await columns("tasks")).toEqual(expect.arrayContaining(TASK_COLUMNS.split(", ")));
    });

    it(`a results table with columns ${RESULT_COLUMNS}`, async () => {
      expect(await columns("results")).toEqual(expect.arrayContaining(RESULT_COLUMNS.split(", ")));
    });

    it("initializing the storage makes sure that they exist, and may be repeated", async () => {
      const { id } = await context.enqueue();
      await context.storage().initialize();
      await context.storage().verify();
      expect((await context.task(id)).id).toBe(id);
    });

    it(`statuses: ${TASK_STATUSES.join(" ")}`, async () => {
      const insert = (status: string) => {
        const sql = `INSERT INTO tasks (id, func_path, eta, status, lease_expires_at, created_at, updated_at)
          VALUES (?1, 'f', 1, ?2, iif(?2 = 'RUNNING', 1, NULL), 1, 1)`;
        return context.database.sql(sql, newTask().id, status);
      };
      for (const status of TASK_STATUSES) await insert(status);
      for (const status of ["pending", "DONE", ""]) {
        await expect(insert(status)).rejects.toMatchObject({ code: "storage_rejected" });
      }
      expect(await context.count("tasks")).toBe(TASK_STATUSES.length);
    });

    const broken = [
      "priority = 10",
      "priority = -1",
      "args = '{}'",
      "args = 'x'",
      "kwargs = '[]'",
      "errors = '{}'",
      // JSON5, which SQLite reads and JavaScript does not.
      "args = '[1,]'",
      "kwargs = '{a: 1}'",
      "errors = '[{a: 1}]'",
      "lease_expires_at = 1",
      "status = 'RUNNING'",
      "eta = 'soon'",
      "eta = 1.5",
      "eta = NULL",
      "attempts = NULL",
    ];
    for (const change of broken) {
      it(`the database refuses a task with ${change}`, async () => {
        const { id } = await context.enqueue();
        const update = context.database.sql(`UPDATE tasks SET ${change} WHERE id = ?1`, id);
        await expect(update).rejects.toMatchObject({ code: "storage_rejected" });
      });
    }

    const brokenResults = ["status = 'DONE'", "result = NULL", "error = '{}'", "status = 'FAILED'"];
    for (const change of brokenResults) {
      it(`the database refuses a result with ${change}`, async () => {
        const task = await context.start();
        await context.storage().markDone(task, json(1), NOW);
        const update = context.database.sql(`UPDATE results SET ${change} WHERE task_id = ?1`, task.id);
        await expect(update).rejects.toMatchObject({ code: "storage_rejected" });
      });
    }

    it("all times are integer milliseconds since the epoch, whichever verb wrote them", async () => {
      const { id } = await context.enqueue({ interval: MINUTE });
      const wrong = async () =>
        context.database.sql(
          `SELECT c.key, c.type FROM tasks t, json_each(json_array(t.priority, t.eta, t.interval, t.held, t.attempts,
             t.failures, t.max_retries, t.timeout, t.created_at, t.updated_at, coalesce(t.lease_expires_at, 0),
             coalesce(t.last_attempt_at, 0))) c WHERE c.type <> 'integer'`,
        );
      expect(await wrong()).toEqual([]);
      const task = await context.dequeue();
      await context.storage().markRunning(task, NOW + 1);
      await context.storage().renewMany([task], LATER);
      expect(await wrong()).toEqual([]);
      await context.storage().markDone(task, json(1), NOW);
      await context.storage().reschedule(id, LATER, NOW);
      expect(await wrong()).toEqual([]);
      const [result] = await context.database.sql(
        "SELECT typeof(finished_at) AS at, typeof(attempts) AS attempts, typeof(last_attempt_at) AS last_attempt FROM results",
      );
      expect(result).toEqual({ at: "integer", attempts: "integer", last_attempt: "integer" });
    });
  });
}
