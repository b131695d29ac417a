import type { TaskRule } from "../rules.ts";

/** What holds of tasks with an expiry, and of cancelled ones. */
export const expiryRules: Readonly<Record<string, TaskRule>> = {
  "an expired task is not started": ({ id, asked, claims, retries }, { slack }, report) => {
    const expiresAt = asked[0]?.extras?.expiresAt ?? null;
    if (expiresAt === null) return;
    for (const { attempts, now, to } of claims) {
      // An operator's retry forgets an expiry that is past.
      if (now >= expiresAt + slack && !retries.some(({ from }) => from <= to))
        report(`${id} was claimed as attempt ${attempts}, ${now - expiresAt} ms after it had expired`);
    }
  },

  "a task that nobody cancelled is cancelled for its expiry or for what it waited for": (
    { id, asked, task, cancels },
    { end, slack },
    report,
  ) => {
    if (task?.status !== "CANCELLED" || cancels.length > 0) return;
    const { expiresAt = null, cancelReason } = task;
    const hasExpired = cancelReason === "expired" && expiresAt !== null && expiresAt <= end.at + slack;
    const waited = cancelReason === "dependency" && (asked[0]?.extras?.after?.length ?? 0) > 0;
    if (!hasExpired && !waited) report(`${id} was cancelled by nobody, for ${cancelReason}`);
  },
};
