import { createClient } from "../client/client.ts";
import { Queue } from "../core/queue.ts";
import { type AnyTask, defineTask, Registry } from "../core/registry.ts";
import { createApi } from "../http/api.ts";
import type { LibsqlOptions } from "../storage/libsql.ts";
import { CliError, refuseUsage } from "./failure.ts";
import { checkFile, type DatabasePlace, showUrl, type Target, type TargetOptions } from "./place.ts";

/** Of the in-process API only what comes after it matters. */
const HERE = "http://omniq.local";

export interface DatabaseTarget extends Target {
  readonly storage: Awaited<ReturnType<typeof openStorage>>;
}

/** Opens a libSQL database as it is: its migrations are `migrate`'s. @throws {CliError} */
export async function openDatabase(place: DatabasePlace, options: TargetOptions): Promise<DatabaseTarget> {
  checkFile(place.url);
  const storage = await openStorage(place, options, false);
  const known = options.tasks === undefined ? [] : await loadTasks(options.tasks);
  let failure: unknown = null;
  const queue = new Queue({ storage }, new OpenRegistry(known));
  const onError = (error: unknown) => {
    failure = error;
  };
  const api = createApi(() => ({ queue, keys: null, onError }));
  const fetch = async (url: string, init: RequestInit) => {
    failure = null;
    const response = await api.request(url, init);
    return response.status === 500 && failure !== null ? tellAll(failure) : response;
  };
  const client = createClient({ url: HERE, fetch, retries: 0 });
  return { kind: "database", client, place: showUrl(place.url), storage };
}

/** The API hides from strangers what the database said; here it is the user's own. */
function tellAll(error: unknown): Response {
  const code = error instanceof Error && "code" in error ? error.code : "internal_error";
  const detail = error instanceof Error ? error.message : String(error);
  const headers = { "content-type": "application/problem+json" };
  return Response.json({ code, detail }, { status: 500, headers });
}

async function loadTasks(path: string): Promise<readonly AnyTask[]> {
  return (await (await import("./load-tasks.ts")).loadTasks(path)).tasks;
}

/**
 * Takes a task of any name, as an app that only enqueues does: which names there are is known to the workers alone. Of one that it
 * knows, the definition's schema, settings and redaction hold.
 */
class OpenRegistry extends Registry {
  override get(name: string): AnyTask {
    return this.find(name) ?? defineTask(name, { run: () => null });
  }
}

/**
 * @param migrate whether `initialize()` applies the migrations
 * @throws {CliError} where the client is not installed, or cannot use the URL
 */
export async function openStorage(place: DatabasePlace, { prefix }: TargetOptions, migrate: boolean) {
  const { libsqlDriver, libsqlStorage } = await importLibsql();
  const optionsOf = ({ url, token }: { readonly url: string; readonly token?: string }): LibsqlOptions => ({
    url,
    authToken: token,
    tablePrefix: prefix,
    migrate,
  });
  try {
    const results = place.results === undefined ? undefined : libsqlDriver(optionsOf(place.results));
    return libsqlStorage({ ...optionsOf(place), results });
  } catch (error) {
    if (error instanceof Error && "code" in error && !/^URL_|^HRANA_/.test(`${error.code}`)) throw error;
    // The client's own message would name the URL, and a URL may hold a token.
    throw refuseUsage(
      "expected a URL that the libSQL client can use, such as file:queue.db or libsql://..., got another",
    );
  }
}

/** An app on D1 has not installed the client, which is an optional peer. */
async function importLibsql() {
  try {
    return await import("../storage/libsql.ts");
  } catch (error) {
    const message = "expected @libsql/client to be installed, which opens libSQL databases, and it is not";
    const isMissing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    if (!isMissing) throw error;
    throw new CliError("client_missing", message, { hint: "run `npm install @libsql/client`" });
  }
}
