import { type Client, createClient, type InStatement } from "@libsql/client";
import { StorageUnavailable } from "../core/errors.ts";
import { classify, type ErrorTable } from "./classify.ts";
import type { Driver, Row, Statement } from "./driver.ts";
import { SqliteStorage, type SqliteStorageOptions } from "./sqlite.ts";

/** Messages of the native client, of its HTTP protocol (Hrana) and of the server behind it. */
export const LIBSQL_ERRORS: ErrorTable = [
  [/SQLITE_BUSY|SQLITE_LOCKED|database is locked|database table is locked/i, "unavailable"],
  [/invalid baton|STREAM_EXPIRED|STREAM_CLOSED|stream (not found|expired|closed)/i, "unavailable"],
  [
    /fetch failed|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|socket hang up|other side closed/i,
    "unavailable",
  ],
  [/HTTP status (408|429|5\d\d)|Server returned HTTP/i, "unavailable"],
  [
    /Network connection lost|network error|Failed to (connect|fetch)|WriteDelegation|replication/i,
    "unavailable",
  ],
  [/rpc (error|status)|transport error|Unavailable|frame.*sync|error syncing/i, "unavailable"],
];

/** Busy timeout: without one, a connection that met SQLITE_BUSY loses later writes that it acknowledged. */
const BUSY_TIMEOUT = 5_000;

const MIGRATE = "`npm run migrate` with OMNIQ_DB_URL set (or open the storage with `migrate: true` in Node)";

export interface LibsqlOptions extends SqliteStorageOptions {
  /** `file:queue.db`, `libsql://...`, `http://...`; with `syncUrl` the file of an embedded replica. */
  readonly url: string;
  readonly authToken?: string;
  /** Primary of an embedded replica: writes go there, reads are served from the file. */
  readonly syncUrl?: string;
  /** How often an embedded replica fetches what others wrote, in milliseconds, rounded up to seconds. Defaults to 1 s. */
  readonly syncInterval?: number;
  /** Apply the migrations at `initialize()`. Needs Node's file system: turn it off in a Worker. Defaults to true. */
  readonly migrate?: boolean;
}

class LibsqlDriver implements Driver<InStatement> {
  readonly migrateCommand = MIGRATE;
  readonly dataVersion?: () => Promise<number>;
  readonly migrate?: (tablePrefix: string) => Promise<void>;
  readonly mayBeReplica: boolean;
  readonly #client: Client;

  constructor(client: Client, { migrate = true, syncUrl }: LibsqlOptions) {
    this.#client = client;
    this.mayBeReplica = client.protocol !== "file";
    if (migrate) this.migrate = (tablePrefix) => this.#applyMigrations(tablePrefix);
    // The file of an embedded replica changes by itself: only a file of its own tells of other writers.
    if (client.protocol === "file" && syncUrl === undefined) this.dataVersion = () => this.#readDataVersion();
  }

  async all(statement: Statement): Promise<readonly Row[]> {
    const answer = await this.#classified(() => this.#client.execute(this.native(statement)));
    return answer.rows;
  }

  // A plain read may be stale through a replica, even for the client that wrote; in a batch that writes it never was.
  async batch(statements: readonly Statement[]): Promise<readonly (readonly Row[])[]> {
    const natives = statements.map((statement) => this.native(statement));
    const answers = await this.#classified(() => this.#client.batch(natives, "write"));
    return answers.map((answer) => answer.rows);
  }

  native({ sql, parameters }: Statement): InStatement {
    return { sql, args: [...parameters] };
  }

  session() {
    return { driver: this, bookmark: () => null };
  }

  async #applyMigrations(tablePrefix: string): Promise<void> {
    // In a bundle for a Worker, which has no file system to read migrations from, this is another module.
    const { migrateLibsql } = await import("#migrate");
    const ownFile = this.dataVersion !== undefined;
    await this.#classified(() => migrateLibsql(this.#client, tablePrefix, ownFile));
  }

  async #readDataVersion(): Promise<number> {
    const answer = await this.#classified(() => this.#client.execute("PRAGMA data_version"));
    return Number(answer.rows[0]?.data_version);
  }

  async #classified<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      const known = classify(error, LIBSQL_ERRORS, MIGRATE);
      // After SQLITE_BUSY the native connection may keep a statement open, under which later writes never commit.
      if (known instanceof StorageUnavailable) await this.#client.reconnect();
      throw known;
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
  const { url, authToken, syncUrl, syncInterval = 1_000 } = options;
  const replica = syncUrl === undefined ? {} : { syncUrl, syncInterval: Math.ceil(syncInterval / 1_000) };
  // Integers beyond 2^53 cannot be stored by us: `number` is exact for all that is.
  // One connection, since `data_version` means something only on the connection that read it before.
  const local = { timeout: BUSY_TIMEOUT, intMode: "number", concurrency: 1 } as const;
  return new LibsqlDriver(createClient({ url, authToken, ...replica, ...local }), options);
}
