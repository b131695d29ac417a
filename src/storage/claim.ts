import { DRAIN_DEFAULTS } from "../core/options.ts";
import type { ClaimRequest } from "../core/storage.ts";
import type { CancelledAtClaim, ClaimedTask } from "../core/task.ts";
import type { Databases } from "./databases.ts";
import { type CancelledRow, type ClaimedRow, toCancelled, toClaimedTask } from "./rows.ts";
import type { Statement } from "./statements/statement.ts";

export async function dequeue(databases: Databases, now: number): Promise<ClaimedTask | null> {
  const leaseExpiresAt = now + DRAIN_DEFAULTS.lease;
  return claimOne({ now, limit: 1, leaseExpiresAt }, (request) => claimMany(databases, request));
}

/** What a claim of one cancels stood before others: it goes on to the next. */
async function claimOne(
  request: ClaimRequest,
  send: (request: ClaimRequest) => Promise<readonly ClaimedTask[]>,
): Promise<ClaimedTask | null> {
  for (;;) {
    let cancelled = 0;
    const onCancelled = (task: CancelledAtClaim) => {
      cancelled += 1;
      request.onCancelled?.(task);
    };
    const [task] = await send({ ...request, onCancelled });
    if (task !== undefined || cancelled === 0) return task ?? null;
  }
}

/** Claims due tasks with one statement, and reads them back by its token where the reply was lost. */
export async function claimMany(
  databases: Databases,
  request: ClaimRequest,
): Promise<readonly ClaimedTask[]> {
  const { sql } = databases;
  const { queues } = request;
  const values = valuesOf(request);
  const statement =
    queues === undefined
      ? sql.claimAny(values)
      : sql.claimListed({ ...values, queues: JSON.stringify(queues) });
  const tasks = await claim(databases, statement, values, request);
  // RETURNING has no order of its own.
  const place = (task: ClaimedTask) => queues?.indexOf(task.queue) ?? 0;
  return tasks.sort(
    (a, b) => a.priority - b.priority || place(a) - place(b) || a.eta - b.eta || (a.id < b.id ? -1 : 1),
  );
}

/** Claims the one task of the quarantine that is due first. */
export async function claimQuarantined(
  databases: Databases,
  request: ClaimRequest,
): Promise<ClaimedTask | null> {
  const values = { ...valuesOf(request), limit: 1, queues: toList(request.queues) } as const;
  return claimOne(request, (sent) => claim(databases, databases.sql.claimQuarantined(values), values, sent));
}

export async function findNextEta(
  { tasks, sql }: Databases,
  queues?: readonly string[],
): Promise<number | null> {
  const [row] = await tasks.read(sql.findNextEta({ queues: toList(queues) }));
  return row?.eta ?? null;
}

export async function hasQuarantined(
  { tasks, sql }: Databases,
  { now, queues, longestTimeout = Number.MAX_SAFE_INTEGER }: Omit<ClaimRequest, "limit" | "leaseExpiresAt">,
  held: readonly string[] = [],
): Promise<boolean> {
  const values = { now, queues: toList(queues), longestTimeout, held: JSON.stringify(held) };
  const found = await tasks.read(sql.findQuarantined(values));
  return found.length > 0;
}

async function claim(
  { tasks, sql }: Databases,
  statement: Statement<ClaimedRow | CancelledRow>,
  { token, leaseExpiresAt }: { readonly token: string; readonly leaseExpiresAt: number },
  { resent = false, onCancelled }: Pick<ClaimRequest, "resent" | "onCancelled">,
): Promise<ClaimedTask[]> {
  const rows = await tasks.retry(async (tries) => {
    if (resent || tries > 1) {
      const { found } = await tasks.decideOnce({ found: [sql.findClaimed({ token, leaseExpiresAt })] });
      if (found.length > 0) return found;
    }
    return (await tasks.writeOnce({ claimed: [statement] })).claimed;
  });
  for (const row of rows) if (row.cancel_reason !== null) onCancelled?.(toCancelled(row));
  return rows.filter((row) => row.cancel_reason === null).map(toClaimedTask);
}

function valuesOf({
  now,
  limit,
  leaseExpiresAt,
  longestTimeout = Number.MAX_SAFE_INTEGER,
  token = crypto.randomUUID(),
}: ClaimRequest) {
  return { now, limit, token, longestTimeout, leaseExpiresAt };
}

function toList(queues: readonly string[] | undefined): string | null {
  return queues === undefined ? null : JSON.stringify(queues);
}
