import { type Client, createClient, type InStatement } from "@libsql/client";
import { ConfigError, StorageUnavailable } from "../core/errors.ts";
import { classify, type ErrorTable } from "./classify.ts";
import type { Driver, Row } from "./driver.ts";
import { SqliteStorage, type SqliteStorageOptions } from "./sqlite.ts";
import type { Statement } from "./statements/statement.ts";
import { statementsFor } from "./statements.ts";

/** Codes and messages of the native client, of its HTTP protocol (Hrana), of undici and of the server behind them. */
export const LIBSQL_ERRORS: ErrorTable = [
  [/HTTP status 40[13]\b|\bAUTH_[A-Z]+|Unauthenticated/, "token"],
  [/HTTP status 404\b/, "address"],
  [/HTTP status (408|429|5\d\d)/i, "unavailable"],
  [/SQLITE_BUSY|SQLITE_LOCKED|database is locked|database table is locked/i, "unavailable"],
  [/invalid baton|STREAM_EXPIRED|STREAM_CLOSED|stream (not found|expired)/i, "unavailable"],
  [
    /fetch failed|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|socket hang up|other side closed/i,
    "unavailable",
  ],
  // The reply was cut off on its way.
  [/\bterminated\b|UND_ERR_|premature close|in JSON at position|Unexpected end of JSON/i, "unavailable"],
  [/Network connection lost|network error|Failed to (connect|fetch)|replication/i, "unavailable"],
  [/internal error; reference/i, "unavailable"],
  // A replica passes a write on. What it calls PermissionDenied is the primary's refusal of the statement.
  [/WriteDelegation\((?!status: (PermissionDenied|InvalidArgument))/i, "unavailable"],
  [/rpc (error|status)|transport error|error trying to connect|Unavailable/i, "unavailable"],
  [/frame.*sync|error syncing|sync error/i, "unavailable"],
  [/operation was aborted|TimeoutError/i, "unavailable"],
  // The file cannot be opened, or another call of this client has just opened it anew.
  [/ConnectionFailed|SQLITE_CANTOPEN/i, "unavailable"],
  [/CLIENT_CLOSED|HRANA_CLOSED_ERROR|(client|stream) (is|was) (closed|closing)/i, "unavailable"],
];

/**
 * What an embedded replica says for good once its primary was lost in the middle of a sync: libSQL asks for its file to be deleted.
 * Seen with @libsql/client 0.18 when a server was killed and started again.
 */
const BROKEN_REPLICA = /Injector error|disk image is malformed|without a wal_index/i;

/** Busy timeout: without one, a connection that met SQLITE_BUSY loses later writes that it acknowledged. */
const BUSY_TIMEOUT = 5_000;

/** A server that hangs must be given up before the leases end that wait for it. */
const REQUEST_TIMEOUT = 30_000;

const MIGRATE =
  "`npx omniq migrate` with OMNIQ_DB_URL set, and --prefix where there is one (or open the storage with `migrate: true` in Node)";

export interface LibsqlOptions extends SqliteStorageOptions {
  /** `file:queue.db`, `libsql://...`, `http://...`; with `syncUrl` the file of an embedded replica. */
  readonly url: string;
  readonly authToken?: string;
  /** Primary of an embedded replica: writes go there, reads are served from the file. */
  readonly syncUrl?: string;
  /** How often an embedded replica fetches what others wrote, in milliseconds, rounded up to seconds. Defaults to 1 s. */
  readonly syncInterval?: number;
  /** How long a server may take for one request, in milliseconds: well under a lease. Defaults to 30 s. */
  readonly requestTimeout?: number;
  /** Apply the migrations at `initialize()`. Needs Node's file system: turn it off in a Worker. Defaults to true. */
  readonly migrate?: boolean;
}

export class LibsqlDriver implements Driver<InStatement> {
  readonly migrateCommand = MIGRATE;
  readonly dataVersion?: () => Promise<number>;
  readonly migrate?: (tablePrefix: string) => Promise<void>;
  readonly #open: () => Client;
  readonly #isFile: boolean;
  /** Not that of an embedded replica, which changes by itself. */
  readonly #isOwnFile: boolean;
  readonly #url: string;
  #client: Client | undefined;
  #reconnects = 0;
  #hasAnswered = false;

  constructor(open: () => Client, { url, migrate = true, syncUrl }: LibsqlOptions) {
    this.#open = open;
    this.#url = url;
    this.#isFile = isFile(url);
    this.#isOwnFile = this.#isFile && syncUrl === undefined;
    try {
      this.#client = open();
    } catch (error) {
      const known = classify(error, LIBSQL_ERRORS, MIGRATE);
      // A file or a primary that is not there yet is looked for again at each use.
      if (!(known instanceof StorageUnavailable)) throw known instanceof ConfigError ? known : error;
    }
    if (migrate) this.migrate = (tablePrefix) => this.#applyMigrations(tablePrefix);
    if (this.#isOwnFile) this.dataVersion = () => this.#readDataVersion();
  }

  async all(statement: Statement): Promise<readonly Row[]> {
    const answer = await this.#classified(() => this.#connect().execute(this.native(statement)));
    return answer.rows;
  }

  batch(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]> {
    return this.#send(statements, "write");
  }

  /**
   * A file without a primary is never stale: its reads wait for no writer. Behind the address of a server may be a replica. It
   * serves a batch of reads by itself, and was stale in 1 to 4 of 100 even for the client that wrote; a batch that writes it
   * passes on to its primary, and that never was.
   */
  async decide(reads: readonly Statement[], tablePrefix: string): Promise<readonly (readonly Row[])[]> {
    if (this.#isOwnFile) return this.#send(reads, "read");
    if (this.#isFile) return this.batch(reads);
    const { writeNothing } = statementsFor(tablePrefix);
    const [, ...rows] = await this.batch([writeNothing, ...reads]);
    return rows;
  }

  native({ sql, parameters }: Statement): InStatement {
    return { sql, args: [...parameters] };
  }

  session(): ReturnType<Driver<InStatement>["session"]> {
    return { driver: this, bookmark: () => null };
  }

  async #send(
    statements: readonly Statement[],
    mode: "read" | "write",
  ): Promise<readonly (readonly Row[])[]> {
    const natives = statements.map((statement) => this.native(statement));
    const answers = await this.#classified(() => this.#connect().batch(natives, mode));
    return answers.map((answer) => answer.rows);
  }

  async #applyMigrations(tablePrefix: string): Promise<void> {
    // In a bundle for a Worker, which has no file system to read migrations from, this is another module.
    const { migrateLibsql } = await import("#migrate");
    const toKnown = (error: unknown) => classify(error, LIBSQL_ERRORS, MIGRATE);
    await this.#classified(() => migrateLibsql(this.#connect(), tablePrefix, this.#isOwnFile, toKnown));
  }

  async #readDataVersion(): Promise<number> {
    const answer = await this.#classified(() => this.#connect().execute("PRAGMA data_version"));
    return Number(answer.rows[0]?.data_version);
  }

  #connect(): Client {
    this.#client ??= this.#open();
    return this.#client;
  }

  async #classified<T>(send: () => Promise<T>): Promise<T> {
    const reconnects = this.#reconnects;
    try {
      const answer = await send();
      this.#hasAnswered = true;
      return answer;
    } catch (error) {
      const known = classify(error, LIBSQL_ERRORS, MIGRATE);
      if (known instanceof StorageUnavailable && reconnects === this.#reconnects) {
        await (this.#isBrokenReplica(error) ? this.#renewReplica() : this.#reconnect());
      }
      throw known;
    }
  }

  /** One that has never answered may be somebody's own database, with a `syncUrl` by mistake: that is left as it is. */
  #isBrokenReplica(error: unknown): boolean {
    const isReplica = this.#isFile && !this.#isOwnFile && this.#hasAnswered;
    return isReplica && BROKEN_REPLICA.test(String(error));
  }

  /** Everything that it holds the primary has: the next call fetches it anew. */
  async #renewReplica(): Promise<void> {
    this.#reconnects += 1;
    const { removeReplica } = await import("#replica");
    this.#client?.close();
    removeReplica(this.#url);
    this.#client = undefined;
  }

  /**
   * After SQLITE_BUSY the native connection may keep a statement open, under which later writes never commit. It ends every
   * call of this client that is under way: those must not end the next ones in turn.
   */
  async #reconnect(): Promise<void> {
    this.#reconnects += 1;
    try {
      await this.#client?.reconnect();
    } catch {
      // A server that is down refuses this too. What the caller needs to know is why its own call failed.
    }
  }
}

/**
 * Storage on libSQL: a file, a server (sqld, Turso), or an embedded replica.
 *
 * @param options see {@link LibsqlOptions}
 * @example const storage = libsqlStorage({ url: "file:queue.db" }); await storage.initialize();
 */
export function libsqlStorage(options: LibsqlOptions): SqliteStorage<InStatement> {
  return new SqliteStorage(libsqlDriver(options), options);
}

/** The driver alone: for `results` of another storage. */
export function libsqlDriver(options: LibsqlOptions): Driver<InStatement> {
  const { url, authToken, syncUrl, syncInterval = 1_000, requestTimeout = REQUEST_TIMEOUT } = options;
  const replica = syncUrl === undefined ? {} : { syncUrl, syncInterval: Math.ceil(syncInterval / 1_000) };
  // One connection, since `data_version` means something only on the connection that read it before.
  const connection = isFile(url)
    ? { timeout: BUSY_TIMEOUT, concurrency: 1 }
    : { fetch: (request: Request) => fetch(request, { signal: AbortSignal.timeout(requestTimeout) }) };
  // Integers beyond 2^53 cannot be stored by us: `number` is exact for all that is.
  const open = () => createClient({ url, authToken, ...replica, ...connection, intMode: "number" });
  return new LibsqlDriver(open, options);
}

function isFile(url: string): boolean {
  return /^(file:|:memory:)/i.test(url);
}
