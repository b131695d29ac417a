import { describe, expect, it } from "vitest";
import { ConfigError, OmniqError, type Rejection } from "../../src/core/errors.ts";
import { classify, type ErrorTable, REJECTIONS, SCHEMA_ERRORS } from "../../src/storage/classify.ts";
import { D1_ERRORS } from "../../src/storage/d1.ts";
import { LIBSQL_ERRORS } from "../../src/storage/libsql.ts";

/** What the databases say, by the code of the error that we make of it; one list a row of the table, in its order. */
type Samples = readonly (readonly [code: string, ...messages: string[]])[];

const D1: Samples = [
  [
    "storage_overloaded",
    "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
    "D1 DB is overloaded. Too many requests queued.",
    "D1_ERROR: Too many requests queued.",
  ],
  [
    "storage_overloaded",
    "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
  ],
  [
    "storage_overloaded",
    "D1_ERROR: D1 DB's isolate exceeded its memory limit and was reset.",
    "D1_ERROR: D1 DB exceeded its CPU time limit and was reset.",
  ],
  [
    "query_limit",
    "Too many API requests by single worker invocation.",
    "Error: Too many subrequests by single Worker invocation.",
  ],
  ["storage_unavailable", "D1_ERROR: Network connection lost."],
  ["storage_unavailable", "D1_ERROR: D1 DB reset because its code was updated."],
  [
    "storage_unavailable",
    "D1_ERROR: Internal error while starting up D1 DB storage caused object to be reset.",
  ],
  ["storage_unavailable", "D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node."],
  ["storage_unavailable", "D1_ERROR: Can't read from request stream because client disconnected."],
  [
    "storage_unavailable",
    "D1_ERROR: internal error; reference = 0123456789abcdef",
    "D1_ERROR: Failed to parse body as JSON, got: error code: 1031",
  ],
  ["storage_unavailable", "D1_ERROR: database is locked: SQLITE_BUSY"],
];

const LIBSQL: Samples = [
  [
    "invalid_config",
    "SERVER_ERROR: Server returned HTTP status 401",
    "SERVER_ERROR: Server returned HTTP status 403: forbidden",
    "AUTH_JWT_INVALID: The JWT is invalid",
    'WriteDelegation(status: Unauthenticated, message: "AUTH_JWT_EXPIRED", details: [])',
  ],
  ["invalid_config", "SERVER_ERROR: Server returned HTTP status 404"],
  [
    "storage_unavailable",
    "SERVER_ERROR: Server returned HTTP status 502",
    "HTTP status 429",
    "HTTP status 408",
    "Server returned HTTP status 503",
  ],
  [
    "storage_unavailable",
    "SQLITE_BUSY: database is locked",
    "SQLITE_BUSY: cannot commit transaction - SQL statements in progress",
    "SQLITE_LOCKED: database table is locked: tasks",
  ],
  [
    "storage_unavailable",
    "STREAM_EXPIRED: STREAM_EXPIRED: The stream has expired due to inactivity",
    "Received an invalid baton",
    "STREAM_CLOSED: stream closed",
    "stream not found",
  ],
  [
    "storage_unavailable",
    "fetch failed",
    "connect ECONNREFUSED 127.0.0.1:8080",
    "read ECONNRESET",
    "write EPIPE",
    "getaddrinfo ENOTFOUND db.example",
    "getaddrinfo EAI_AGAIN db.example",
    "connect ETIMEDOUT 127.0.0.1:443",
    "other side closed",
    "socket hang up",
  ],
  [
    "storage_unavailable",
    "terminated",
    "UND_ERR_SOCKET",
    "Premature close",
    "Unexpected end of JSON input",
    "Unterminated string in JSON at position 40",
  ],
  [
    "storage_unavailable",
    "Network connection lost",
    "network error",
    "Failed to connect",
    "TypeError: Failed to fetch",
    "replication error: timeout performing handshake with primary",
  ],
  ["storage_unavailable", "internal error; reference = 0123456789abcdef"],
  [
    "storage_unavailable",
    'WriteDelegation(status: Unavailable, message: "error trying to connect: tcp connect error", details: [])',
    'WriteDelegation(status: Unknown, message: "transport", details: [])',
  ],
  [
    "storage_unavailable",
    "PROXY_ERROR: rpc error: code = 14",
    "transport error",
    "error trying to connect: tcp connect error: Connection refused (os error 111)",
    "status: Unavailable",
  ],
  ["storage_unavailable", "sync error: primary is gone", "error syncing", "frame not found during sync"],
  [
    "storage_unavailable",
    "The operation was aborted due to timeout",
    "This operation was aborted",
    "HRANA_WEBSOCKET_ERROR: TimeoutError",
  ],
  [
    "storage_unavailable",
    'ConnectionFailed("Unable to open connection to local database /data/queue.db: 14")',
    "SQLITE_CANTOPEN: unable to open database file",
  ],
  [
    "storage_unavailable",
    "CLIENT_CLOSED: The connection was closed while this operation was in flight",
    "CLIENT_CLOSED: The client is closed",
    "UNKNOWN: Client was closed: ClientError: Client was manually closed",
    "HRANA_CLOSED_ERROR: Stream is closing",
  ],
];

const SCHEMA: Samples = [
  [
    "schema_missing",
    "D1_ERROR: no such table: tasks: SQLITE_ERROR",
    "no such column: held",
    "table tasks has no column named held",
    "no such index: tasks_due_idx",
    "no query solution",
    "PROXY_ERROR: error executing a request on the primary: no such table: maintenance",
    'WriteDelegation(status: PermissionDenied, message: "no such table: tasks", details: [])',
  ],
];

/** What would be refused again, whoever says it, and why; one list a row of the table, in its order. */
const REFUSED: readonly (readonly [reason: Rejection, ...messages: string[]])[] = [
  ["unique", "D1_ERROR: UNIQUE constraint failed: tasks.unique_key: SQLITE_CONSTRAINT"],
  ["assertion", "malformed JSON"],
  [
    "value",
    "SQLITE_CONSTRAINT: SQLite error: CHECK constraint failed: tasks_args_check",
    'RemoteSqliteFailure(3, 275, "CHECK constraint failed: tasks_args_check")',
    "D1_ERROR: NOT NULL constraint failed: results.task_id: SQLITE_CONSTRAINT",
    "cannot store TEXT value in INTEGER column tasks.eta",
    "D1_ERROR: refused by a trigger: SQLITE_CONSTRAINT",
    "SQLITE_MISMATCH: datatype mismatch",
  ],
  [
    "value",
    "D1_ERROR: string or blob too big: SQLITE_TOOBIG",
    "SERVER_ERROR: Server returned HTTP status 413: length limit exceeded",
    'WriteDelegation(status: OutOfRange, message: "Error, message length too large: found 5000000 bytes")',
  ],
  [
    "full",
    "D1_ERROR: database or disk is full: SQLITE_FULL",
    "SQLITE_READONLY: attempt to write a readonly database",
    'WriteDelegation(status: PermissionDenied, message: "attempt to write a readonly database", details: [])',
  ],
  [
    "full",
    "D1_ERROR: Exceeded maximum DB size",
    "D1_ERROR: Your account has exceeded D1's maximum account storage limit",
    "D1_ERROR: Your account has exceeded D1's free tier daily row write limit.",
    "D1_ERROR: Your account has exceeded D1's free tier daily row read limit.",
    "BLOCKED: Operation was blocked: SQL write operations are forbidden",
  ],
];

/** What says nothing of the values: it may be a fault of the whole database. */
const UNKNOWN = [
  "SQLITE_IOERR: disk I/O error",
  "SQLITE_NOMEM: out of memory",
  'near "SELEC": syntax error',
  'WriteDelegation(status: PermissionDenied, message: "near \\"SELEC\\": syntax error", details: [])',
  "HTTP status 400",
  "",
];

const COMMAND = "`the command`";

function describeTable(name: string, table: ErrorTable, samples: Samples): void {
  describe(`what ${name} says`, () => {
    it("has a sample for each row of the table, which is the first that fits", () => {
      const rows = samples.map(([, ...messages]) =>
        messages.map((message) => table.findIndex(([pattern]) => pattern.test(message))),
      );
      expect(rows).toEqual(samples.map(([, ...messages], row) => messages.map(() => row)));
      expect(samples).toHaveLength(table.length);
    });

    for (const [code, ...messages] of [...samples, ...SCHEMA]) {
      it.each(messages)(`means ${code}: %s`, (message) => {
        const cause = new Error(message);
        const error = classify(cause, table, COMMAND);
        expect(error).toBeInstanceOf(OmniqError);
        expect(error.code).toBe(code);
        expect(error.cause).toBe(cause);
      });
    }

    for (const [reason, ...messages] of [...REFUSED, ["other" as const, ...UNKNOWN] as const]) {
      const code = reason === "full" ? "storage_full" : "storage_rejected";
      it.each(messages)(`means ${code} (${reason}): %s`, (message) => {
        const error = classify(new Error(message), table, COMMAND);
        expect(error).toMatchObject({ code, reason });
        expect(error.message).toContain(message);
      });
    }
  });
}

describeTable("D1", D1_ERRORS, D1);
describeTable("libSQL", LIBSQL_ERRORS, LIBSQL);
describeTable("either of them of its schema", SCHEMA_ERRORS, SCHEMA);

describe("a refusal", () => {
  it("has a sample for each row of the table, which is the first that fits", () => {
    const rows = REFUSED.map(([, ...messages]) =>
      messages.map((message) => REJECTIONS.findIndex(([pattern]) => pattern.test(message))),
    );
    expect(rows).toEqual(REFUSED.map(([, ...messages], row) => messages.map(() => row)));
    expect(REFUSED).toHaveLength(REJECTIONS.length);
  });
});

describe("an error of the database", () => {
  it("is known by its code, and by the code and the message of its causes", () => {
    const code = (error: Error) => classify(error, LIBSQL_ERRORS, COMMAND).code;
    const socket = Object.assign(new Error("closed"), { code: "UND_ERR_SOCKET" });
    expect(code(socket)).toBe("storage_unavailable");
    expect(code(new TypeError("failed", { cause: socket }))).toBe("storage_unavailable");
    expect(code(new Error("failed", { cause: new Error("outer", { cause: socket }) }))).toBe(
      "storage_unavailable",
    );
    const endless = new Error("failed");
    endless.cause = endless;
    expect(code(endless)).toBe("storage_rejected");
  });

  it.each([
    ["HTTP status 401", "OMNIQ_DB_TOKEN"],
    ["HTTP status 403", "OMNIQ_DB_TOKEN"],
    ["HTTP status 404", "OMNIQ_DB_URL"],
  ])("names the variable that is wrong: %s", (message, field) => {
    const error = classify(new Error(message), LIBSQL_ERRORS, COMMAND);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ field, message: expect.stringContaining(message) });
  });

  it("tells the command to run where the schema is missing", () => {
    expect(classify(new Error("no such table: tasks"), D1_ERRORS, COMMAND).message).toContain(
      `run ${COMMAND}`,
    );
  });

  it("may be something else than an Error", () => {
    expect(classify("fetch failed", LIBSQL_ERRORS, COMMAND).code).toBe("storage_unavailable");
    expect(classify(undefined, LIBSQL_ERRORS, COMMAND).code).toBe("storage_rejected");
  });
});
