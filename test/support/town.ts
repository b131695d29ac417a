/**
 * What the dashboard is shown with: a queue of a week, as a few statements that the database runs by itself. Nothing of it becomes
 * due where a drain would run it: what is due waits in a queue that is paused.
 */
export interface SeedStatement {
  readonly sql: string;
  readonly parameters: readonly (string | number)[];
}

const DAY = 86_400_000;
const HOUR = 3_600_000;
const MINUTE = 60_000;

/** What of each thousand tasks there is: the status, the queue, the handler and, where it failed, the error. */
const KINDS = [
  { share: 620, status: "SUCCESS", queue: "mail", handler: "email.send" },
  { share: 150, status: "SUCCESS", queue: "images", handler: "image.resize" },
  { share: 90, status: "SUCCESS", queue: "reports", handler: "report.build" },
  { share: 20, status: "CANCELLED", queue: "mail", handler: "email.digest" },
  {
    share: 25,
    status: "FAILED",
    queue: "cards",
    handler: "card.charge",
    type: "TimeoutError",
    message: "no answer from the bank within 20 s",
  },
  {
    share: 9,
    status: "FAILED",
    queue: "cards",
    handler: "card.charge",
    type: "CardDeclined",
    message: "the card was declined: insufficient funds",
  },
  {
    share: 6,
    status: "FAILED",
    queue: "mail",
    handler: "email.send",
    type: "SmtpError",
    message: "550 no such user here",
  },
  { share: 24, status: "PENDING", queue: "mail", handler: "email.send" },
  { share: 20, status: "PENDING", queue: "cards", handler: "card.charge" },
  {
    share: 16,
    status: "RETRYING",
    queue: "images",
    handler: "image.resize",
    type: "TypeError",
    message: "cannot read a frame of a truncated file",
  },
  { share: 20, status: "PENDING", queue: "reports", handler: "report.build" },
] as const;

/** Tasks that run, on so many workers. */
const RUNNING = 18;
const WORKERS = 4;

/** @param count of tasks; @param now in milliseconds since the epoch */
export function seedTown(count: number, now: number): SeedStatement[] {
  const shares = KINDS.flatMap(({ share, ...kind }) => Array.from({ length: share }, () => kind));
  return [
    insertTasks(count, now, JSON.stringify(shares)),
    insertRunning(now),
    insertResults(),
    ...insertQueues(),
    ...insertSchedules(now),
    insertHistory(now),
    insertBacklog(now),
  ];
}

/** Ids are UUIDv7, spread over a week up to a moment ago. 7919 is prime: it mixes the kinds. */
function insertTasks(count: number, now: number, kinds: string): SeedStatement {
  const at = "(?2 - 60000 - (?1 - i) * (7 * 86400000 / ?1))";
  return {
    sql: `
    WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < ?1 - 1),
      kinds (key, value) AS MATERIALIZED (SELECT key, value FROM json_each(?3)),
      made (i, at, status, queue, handler, type, message) AS (
        SELECT i, CAST(${at} AS INTEGER), value ->> 'status', value ->> 'queue', value ->> 'handler', value ->> 'type', value ->> 'message'
        FROM numbers JOIN kinds ON key = (i * 7919) % 1000)
    INSERT INTO tasks (id, queue, func_path, kwargs, eta, status, attempts, failures, max_retries, claimed_by, errors, last_attempt_at,
      schedule, scheduled_for, created_at, updated_at)
    SELECT printf('%08x-%04x-7%03x-8000-%012x', at >> 16, at & 65535, i % 4096, i), queue, handler,
      json_object('customer', 'customer-' || (i % 977), 'number', i, 'note', 'order ' || i || ' of the spring sale'),
      CASE WHEN status = 'RETRYING' OR (status = 'PENDING' AND queue <> 'cards') THEN ?2 + 3600000 + i * 60 ELSE at END,
      status, CASE status WHEN 'PENDING' THEN 0 WHEN 'FAILED' THEN 4 WHEN 'RETRYING' THEN 2 ELSE 1 END,
      CASE status WHEN 'FAILED' THEN 4 WHEN 'RETRYING' THEN 2 ELSE 0 END, 3, NULL,
      iif(type IS NULL, '[]', (SELECT json_group_array(json_object('type', made.type, 'message', made.message, 'at', at + 700 * value + 300, 'attempt', value,
        'retryable', json('true'), 'stack', made.type || ': ' || made.message || char(10) || '    at run (file:///worker/tasks.js:42:11)'))
        FROM json_each(iif(status = 'FAILED', '[1,2,3,4]', '[1,2]')))),
      iif(status = 'PENDING', NULL, at + CASE status WHEN 'FAILED' THEN 2900 WHEN 'RETRYING' THEN 1500 ELSE 600 END), iif(handler = 'report.build' AND i % 3 = 0, 'sales report', NULL),
      iif(handler = 'report.build' AND i % 3 = 0, at, NULL), at, iif(status = 'PENDING', at, at + CASE status WHEN 'FAILED' THEN 3100 WHEN 'RETRYING' THEN 1700 ELSE 1012 END)
    FROM made`,
    parameters: [count, now, kinds],
  };
}

function insertRunning(now: number): SeedStatement {
  return {
    sql: `
    WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < ?2 - 1)
    INSERT INTO tasks (id, queue, func_path, kwargs, eta, status, attempts, claimed_by, lease_expires_at, last_attempt_at, progress, created_at, updated_at)
    SELECT printf('%08x-%04x-7%03x-9000-%012x', (?1 - 9000) >> 16, (?1 - 9000) & 65535, i, i), iif(i % 3 = 0, 'images', 'mail'),
      iif(i % 3 = 0, 'image.resize', 'email.send'), json_object('number', i), ?1 - 9000, 'RUNNING', 1 + i % 2,
      printf('%08x:%d', 2863311530 + (i % ?3) * 7919, i % 6), ?1 + ${20 * MINUTE} + i * 3000, ?1 - 8000 + i * 100,
      iif(i % 3 = 0, json_object('value', (i * 4 + 10) / 100.0, 'message', 'frame ' || (i * 4 + 10) || ' of 100'), NULL), ?1 - 9000, ?1 - 8000
    FROM numbers`,
    parameters: [now, RUNNING, WORKERS],
  };
}

function insertResults(): SeedStatement {
  return {
    sql: `
    INSERT INTO results (task_id, status, result, error, finished_at, attempts, last_attempt_at)
    SELECT id, status, iif(status = 'SUCCESS', '{"sent":true,"took":412}', NULL), iif(status = 'FAILED', errors -> '$[#-1]', NULL), updated_at, attempts,
      last_attempt_at FROM tasks WHERE status IN ('SUCCESS', 'FAILED')`,
    parameters: [],
  };
}

function insertQueues(): SeedStatement[] {
  const rows = [
    ["cards", 1, null],
    ["reports", 0, 2],
  ];
  return [
    {
      sql: "INSERT INTO queues (name, paused, concurrency) SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1)",
      parameters: [JSON.stringify(rows)],
    },
  ];
}

function insertSchedules(now: number): SeedStatement[] {
  const midnight = Math.ceil(now / DAY) * DAY;
  const every = (interval: number) => ({ interval, next: now + 3 * HOUR });
  const rows = [
    {
      name: "daily digest",
      handler: "email.digest",
      cron: "0 7 * * 1-5",
      zone: "Europe/Paris",
      next: midnight + 6 * HOUR,
      last: midnight - DAY,
    },
    { name: "hourly cleanup", handler: "sample.add", ...every(6 * HOUR), last: now - 3 * HOUR },
    {
      name: "nightly export",
      handler: "report.build",
      cron: "0 3 * * *",
      reason: "the export bucket is being moved",
      last: midnight - 2 * DAY,
    },
    {
      name: "sales report",
      handler: "report.build",
      cron: "30 8 * * *",
      next: midnight + 8.5 * HOUR,
      last: midnight - 15.5 * HOUR,
    },
  ];
  return [
    {
      sql: `
      INSERT INTO schedules (name, func_path, kwargs, options, cron, interval, timezone, enabled, disabled_reason, next_at, last_at, created_at, updated_at)
      SELECT value ->> 'name', value ->> 'handler', '{"a":1,"b":2}', ?2, value ->> 'cron', value ->> 'interval', coalesce(value ->> 'zone', 'UTC'),
        value ->> 'reason' IS NULL, value ->> 'reason', value ->> 'next', value ->> 'last', ?3, ?3 FROM json_each(?1)`,
      parameters: [JSON.stringify(rows), STORED_OPTIONS, now - 30 * DAY],
    },
    {
      sql: `UPDATE schedules SET last_task_id = (SELECT id FROM tasks WHERE schedule = schedules.name ORDER BY id DESC LIMIT 1)`,
      parameters: [],
    },
  ];
}

const STORED_OPTIONS = JSON.stringify({
  queue: "reports",
  priority: 5,
  maxRetries: 3,
  timeout: 25_000,
  uniqueKey: null,
  uniqueWhile: null,
  expiresIn: null,
  resultTtl: null,
  onSuccess: null,
});

/** A day of minutes for each queue, in waves. */
function insertHistory(now: number): SeedStatement {
  const start = Math.floor(now / MINUTE) * MINUTE;
  return {
    sql: `
    WITH RECURSIVE minutes (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM minutes WHERE i < 1439),
      names (n, queue, load) AS (VALUES (0, 'mail', 60), (1, 'images', 18), (2, 'reports', 7), (3, 'cards', 11)),
      counts (queue, minute, done, bad) AS (
        SELECT queue, ?1 - i * ${MINUTE}, CAST(load * (1 + abs((i + n * 90) % 240 - 120) / 60.0) AS INTEGER) + (i * 31 + n) % 5,
          iif((i * 17 + n) % 23 < 2, 1 + (i + n) % 3, 0) + iif(queue = 'cards' AND i BETWEEN 20 AND 45, 9, 0)
        FROM minutes CROSS JOIN names)
    INSERT INTO history (queue, minute, started, succeeded, failed, retried, duration, durations)
    SELECT queue, minute, done + bad * 2, done, bad, bad, done * 240, json_array(done / 20, done / 8, done / 4, done * 3 / 4, done * 9 / 10, done,
      done, done, done, done, done) FROM counts`,
    parameters: [start],
  };
}

/** What waited in each minute of a day: at times more than anyone counts, and overdue as much as the queue that is paused. */
function insertBacklog(now: number): SeedStatement {
  const start = Math.floor(now / MINUTE) * MINUTE;
  return {
    sql: `
    WITH RECURSIVE minutes (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM minutes WHERE i < 1439)
    INSERT INTO backlog (minute, waiting, oldest_age)
    SELECT ?1 - i * ${MINUTE}, min(1000, 400 + 6 * abs((i * 3) % 240 - 120) + (i * 31) % 17),
      CAST(max(0, ${7 * DAY} - i * ${MINUTE}) AS INTEGER) FROM minutes`,
    parameters: [start],
  };
}
