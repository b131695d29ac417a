/** An id that no task has. */
export const ID = "018f0000-06bb-7e37-a6ed-ea59e3b6fd64";

export const later = { funcPath: "sample.add", kwargs: { a: 1, b: 2 }, delay: "1h" };

const hourly = { name: "hourly", cron: "0 * * * *", funcPath: "sample.add", kwargs: { a: 1, b: 2 } };

/** Every call of the API that needs a key, with the scope that it needs and its status for a key that has it. */
export const CALLS = [
  ["POST", "/v1/tasks", "enqueue", later, 201],
  ["POST", "/v1/tasks/batch", "enqueue", { tasks: [later] }, 201],
  ["GET", "/v1/tasks", "read", undefined, 200],
  ["GET", `/v1/tasks/${ID}`, "read", undefined, 404],
  ["GET", `/v1/tasks/${ID}/result`, "read", undefined, 404],
  ["GET", "/v1/queues", "read", undefined, 200],
  ["GET", "/v1/history", "read", undefined, 200],
  ["GET", "/metrics", "read", undefined, 200],
  ["POST", `/v1/tasks/${ID}/cancel`, "admin", undefined, 404],
  ["POST", `/v1/tasks/${ID}/retry`, "admin", undefined, 404],
  ["DELETE", `/v1/tasks/${ID}`, "admin", undefined, 404],
  ["PATCH", `/v1/tasks/${ID}`, "admin", { priority: 1 }, 404],
  ["POST", `/v1/tasks/${ID}/run`, "admin", undefined, 404],
  ["POST", `/v1/tasks/${ID}/reschedule`, "admin", { delay: "1h" }, 404],
  ["POST", "/v1/tasks/bulk", "admin", { action: "cancel", filter: { queue: "none" } }, 200],
  ["GET", "/v1/tasks/count?status=FAILED", "read", undefined, 200],
  ["PUT", "/v1/queues/mail", "admin", { paused: true }, 200],
  ["GET", "/v1/schedules", "read", undefined, 200],
  ["POST", "/v1/schedules", "admin", hourly, 201],
  ["GET", "/v1/schedules/mail", "read", undefined, 404],
  ["GET", "/v1/schedules/mail/next", "read", undefined, 404],
  ["PATCH", "/v1/schedules/mail", "admin", {}, 404],
  ["DELETE", "/v1/schedules/mail", "admin", undefined, 404],
  ["POST", "/v1/schedules/mail/enable", "admin", undefined, 404],
  ["POST", "/v1/schedules/mail/disable", "admin", undefined, 404],
  ["POST", "/v1/schedules/mail/run", "admin", undefined, 404],
  ["DELETE", "/v1/results?olderThan=1d", "admin", undefined, 200],
] as const;
