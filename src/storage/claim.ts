import type { ClaimRequest } from "../core/storage.ts";
import type { ClaimedTask } from "../core/task.ts";
import type { Connection } from "./connection.ts";
import { toClaimedTask } from "./rows.ts";
import type { Statements } from "./statements.ts";

/** Claims due tasks with one statement, and reads them back by its token where the reply was lost. */
export async function claimMany(
  connection: Connection,
  sql: Statements,
  request: ClaimRequest,
): Promise<readonly ClaimedTask[]> {
  const statement = request.queues === undefined ? sql.claimAny : sql.claimListed;
  const tasks = await claim(connection, sql, statement, request);
  // RETURNING has no order of its own.
  const place = (task: ClaimedTask) => request.queues?.indexOf(task.queue) ?? 0;
  return tasks.sort(
    (a, b) => a.priority - b.priority || place(a) - place(b) || a.eta - b.eta || (a.id < b.id ? -1 : 1),
  );
}

/** Claims the one task of the quarantine that is due first. */
export async function claimQuarantined(
  connection: Connection,
  sql: Statements,
  request: ClaimRequest,
): Promise<ClaimedTask | null> {
  const [task = null] = await claim(connection, sql, sql.claimQuarantined, { ...request, limit: 1 });
  return task;
}

async function claim(
  connection: Connection,
  sql: Statements,
  statement: string,
  { now, limit, queues, longestTimeout = Number.MAX_SAFE_INTEGER, leaseExpiresAt }: ClaimRequest,
): Promise<ClaimedTask[]> {
  const token = crypto.randomUUID();
  const list = queues === undefined ? null : JSON.stringify(queues);
  const rows = await connection.retry(async (tries) => {
    if (tries > 1) {
      const [found = []] = await connection.sendReads([
        { sql: sql.findClaimed, parameters: [token, leaseExpiresAt] },
      ]);
      if (found.length > 0) return found;
    }
    const parameters = [now, limit, list, token, longestTimeout, leaseExpiresAt];
    const [claimed = []] = await connection.send([{ sql: statement, parameters }]);
    return claimed;
  });
  return rows.map(toClaimedTask);
}
