/** What holds of every reply, whatever was asked. */
import type { Answer } from "../../support/http.ts";
import { SECRETS } from "./credentials.ts";
import type { Probe } from "./probe.ts";

/** The codes that a caller may be answered, each with its status. */
const CODES: Readonly<Record<string, number>> = {
  invalid_input: 400,
  invalid_json: 400,
  not_serializable: 400,
  unknown_task: 400,
  parent_not_found: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  task_not_found: 404,
  schedule_not_found: 404,
  method_not_allowed: 405,
  wrong_status: 409,
  unique_conflict: 409,
  id_conflict: 409,
  schedule_exists: 409,
  task_purged: 410,
  too_large: 413,
  unsupported_media_type: 415,
  idempotency_conflict: 422,
};

const HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "SAMEORIGIN",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

/** A stack, a file of ours, a statement of ours, the database's own words. */
const INSIDE =
  /\n\s+at |\bat \S+ \(|node_modules|\/src\/|\.ts:\d|json_each|RETURNING|SQLITE_|D1_ERROR|RangeError|TypeError/;

/** @throws where `holds` is false */
export function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(`expected ${what}`);
}

export function checkReply({ method, path }: Probe, { status, headers, text, body }: Answer): void {
  demand(status < 500, "a status below 500");
  for (const [name, value] of Object.entries(HEADERS))
    demand(headers.get(name) === value, `${name}: ${value}`);
  demand(headers.get("set-cookie") === null, "no cookie");
  demand(!INSIDE.test(text), "nothing of the inside in the reply");
  const told = text + JSON.stringify([...headers]);
  demand(!SECRETS.some((secret) => told.includes(secret)), "no key and no digest in the reply");
  demand((status === 401) === headers.has("www-authenticate"), "WWW-Authenticate with 401, and only then");
  demand((status === 405) === headers.has("allow"), "Allow with 405, and only then");
  demand(
    (status === 201 && !("ids" in body)) === headers.has("location"),
    "Location with a new task, and only then",
  );
  const type = status < 400 ? typeOf(path, text) : "application/problem+json";
  const isEmpty = status === 204;
  demand(headers.get("content-type") === (isEmpty ? null : type), `the content type ${type}`);
  if (method === "HEAD" || isEmpty) demand(text === "", "no body");
  else if (status >= 400) checkProblem(status, text, body);
}

/** Metrics are the one answer that is no JSON. */
function typeOf(path: string, text: string): string {
  const isMetrics = path.includes("metrics") && (text === "" || text.startsWith("# HELP "));
  return isMetrics ? "text/plain; version=0.0.4; charset=utf-8" : "application/json";
}

function checkProblem(
  status: number,
  text: string,
  { code, title, type, detail, ...body }: Answer["body"],
): void {
  demand(typeof code === "string" && CODES[code] === status, "a known code, with its status");
  demand(body.status === status, "the status in the body");
  demand(type === `urn:omniq:problem:${code}`, "the type by its code");
  demand(typeof title === "string" && typeof detail === "string", "a title and a detail");
  demand(text.length < 4_000, "a short problem");
}

/** Without a key nothing but the state of health is told, and a key is good for its scopes alone. */
export function checkAccess({ path, scope, credential: { scopes } }: Probe, { status }: Answer): void {
  const { pathname, search } = new URL(`http://omniq.test${path}`);
  if (!isDecodable(pathname) || !isDecodable(search)) demand(status === 400, "400 for what says nothing");
  else if (scopes.length === 0) demand(status === 401 || pathname === "/healthz", "401 without a key");
  else if (scope === null) demand(status === 200, "200 for the state of health");
  else if (scope !== undefined && !scopes.includes(scope)) demand(status === 403, "403 without the scope");
  else demand(status !== 401 && (status !== 403 || scope === undefined), "access with the scope");
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
