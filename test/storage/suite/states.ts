import type { TaskStatus } from "../../../src/core/task.ts";
import { json, NOW, taskError } from "../../support/tasks.ts";
import { type Context, found, ids, LATER } from "./context.ts";

/** A task of each status, by its status. */
export async function oneOfEach(context: Context): Promise<Record<TaskStatus, string>> {
  const tasks = await context.enqueueMany(6);
  const [done, failed, retrying, running] = await context.claim({ limit: 4 });
  await context.storage().markDone(found(done), json(1), NOW);
  await context.storage().markFailed(found(failed), taskError(), "final", NOW);
  await context.storage().markFailed(found(retrying), taskError(), { retryAt: LATER }, NOW);
  const [cancelled, pending] = ids(tasks).slice(4);
  await context.storage().cancel(found(cancelled), NOW);
  return {
    SUCCESS: found(done).id,
    FAILED: found(failed).id,
    RETRYING: found(retrying).id,
    RUNNING: found(running).id,
    CANCELLED: found(cancelled),
    PENDING: found(pending),
  };
}
