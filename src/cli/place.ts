import { existsSync } from "node:fs";
import type { Client } from "../client/client.ts";
import { CliError, EXIT, refuseUsage } from "./failure.ts";
import type { OutputOptions } from "./output.ts";
import { noteSecrets, secretsOf } from "./secrets.ts";

/** Where the queue is: options of every command that speaks to one. */
export interface TargetOptions extends OutputOptions {
  readonly url?: string;
  readonly key?: string;
  readonly db?: string;
  readonly token?: string;
  readonly prefix?: string;
  readonly tasks?: string;
}

/** A queue that a command speaks to. */
export interface Target {
  readonly kind: "api" | "database";
  readonly client: Client;
  /** Where it is, without what may be secret in it. */
  readonly place: string;
}

/** Where the queue is, as it was said; nothing is opened. */
export type Place = { readonly kind: "api"; readonly url: string; readonly key?: string } | DatabasePlace;

export interface DatabasePlace {
  readonly kind: "database";
  readonly url: string;
  readonly token?: string;
  /** A second database, which takes the results. */
  readonly results?: { readonly url: string; readonly token?: string };
}

const WHERE = "give --url https://... (or OMNIQ_URL) with OMNIQ_KEY, or --db file:queue.db (or OMNIQ_DB_URL)";

/** What is typed goes before the environment, and the API there before the database. @throws {CliError} */
export function findPlace(options: TargetOptions): Place {
  const { OMNIQ_URL, OMNIQ_KEY } = process.env;
  const { url, db, key = OMNIQ_KEY } = options;
  if (url !== undefined && db !== undefined)
    throw refuseUsage("expected one of --url and --db, got both", WHERE);
  const address = url ?? (db === undefined ? filled(OMNIQ_URL) : undefined);
  if (address === undefined || !/^https?:/i.test(address)) return findDatabase({ ...options, url: address });
  noteSecrets(...secretsOf(address), key);
  return { kind: "api", url: address, key: filled(key) };
}

/** A database, also where the address would be taken for that of an API. @throws {CliError} */
export function findDatabase({ url, db, token }: TargetOptions): DatabasePlace {
  const { OMNIQ_DB_URL, OMNIQ_DB_TOKEN, OMNIQ_RESULTS_DB_URL, OMNIQ_RESULTS_DB_TOKEN } = process.env;
  const typed = db ?? url;
  const address = typed ?? filled(OMNIQ_DB_URL);
  if (address === undefined)
    throw refuseUsage(
      "expected to be told where the queue is, by --url, --db or the environment, and was not",
      WHERE,
    );
  const place = { kind: "database", ...readDatabase(address, token ?? OMNIQ_DB_TOKEN) } as const;
  const results = filled(OMNIQ_RESULTS_DB_URL);
  // It belongs to the database of the environment alone.
  if (typed !== undefined || results === undefined) return place;
  return { ...place, results: readDatabase(results, OMNIQ_RESULTS_DB_TOKEN) };
}

function readDatabase(url: string, token: string | undefined) {
  noteSecrets(...secretsOf(url), token);
  if (/^(file|libsql|https?|wss?):/i.test(url)) return { url, token: filled(token) };
  // It may be a secret in the wrong place.
  throw refuseUsage(
    "expected a URL that begins with https:, file:, libsql:, ws: or wss:, got another",
    WHERE,
  );
}

/** An empty variable is one that is not set. */
function filled(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

/** A URL without its user, its password and its query, where tokens are. */
export function showUrl(url: string): string {
  const bare = url.replace(/[?#].*$/s, "");
  return bare.replace(/^([a-z]+:\/\/)[^/@]*@/i, "$1");
}

/** A typing error must not make an empty database. @throws {CliError} */
export function checkFile(url: string): void {
  const path = /^file:(?:\/\/(?:localhost)?(?=\/))?([^?#]*)/i.exec(url)?.[1];
  if (path === undefined || path === "" || path === ":memory:" || existsSync(decode(path))) return;
  throw new CliError("no_database", `expected the file ${decode(path)} to exist, and it does not`, {
    hint: `\`omniq migrate --db file:${decode(path)}\` makes it`,
    exitCode: EXIT.notFound,
  });
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
