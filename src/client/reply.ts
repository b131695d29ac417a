import { describe } from "../core/describe.ts";
import { parseJson } from "../core/json.ts";
import type { Problem } from "../http/problem.ts";
import { OmniqError } from "./errors.ts";
import { readRetryAfter } from "./patience.ts";

/** A reply that was read to its end. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const LOOK = "see that url is that of OmniQ's API, and what stands between";

/** The JSON of a reply that went well, taken by one member for what the API is known to answer. @throws {OmniqError} `invalid_reply` */
export function readBody(reply: Reply, call: string, member: string): ReturnType<typeof parseJson> {
  const body = readJson(reply);
  if (typeof body === "object" && body !== null && Object.hasOwn(body, member)) return body;
  throw refuseReply(reply, call, body === undefined ? "JSON" : `JSON with ${member}`);
}

/** The text of a reply that went well. @param type null where there is to be none @throws {OmniqError} `invalid_reply` */
export function readText(reply: Reply, call: string, type: string | null): string {
  const { status, headers, text } = reply;
  const isThere = type === null ? status === 204 : headers.get("content-type")?.startsWith(type);
  if (isThere) return text;
  throw refuseReply(reply, call, type ?? "204 and nothing");
}

function refuseReply(reply: Reply, call: string, expected: string): OmniqError {
  const detail = `expected ${expected} in reply to ${call}, got ${describeReply(reply)}: ${LOOK}`;
  return new OmniqError({ code: "invalid_reply", detail, status: reply.status });
}

/** What is wrong, as the API says it, or as can be told of the reply of something else. */
export function readProblem(reply: Reply, call: string): OmniqError {
  const { status, headers } = reply;
  const retryAfter = readRetryAfter(headers.get("retry-after"), Date.now());
  const problem: Partial<Problem> | undefined = readJson(reply);
  if (typeof problem?.code === "string" && typeof problem.detail === "string") {
    const { code, detail, field, expected, got } = problem;
    return new OmniqError({ code, detail, status, field, expected, got, retryAfter });
  }
  const location = headers.get("location");
  const moved = location === null ? "" : `, to ${location}`;
  const detail = `expected the API to reply to ${call}, got ${describeReply(reply)}${moved}: ${LOOK}`;
  return new OmniqError({ code: "http_error", detail, status, retryAfter });
}

function readJson({ headers, text }: Reply): ReturnType<typeof parseJson> | undefined {
  if (!/[/+]json\b/i.test(headers.get("content-type") ?? "")) return undefined;
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function describeReply({ status, headers, text }: Reply): string {
  return `${status} with ${headers.get("content-type") ?? "no type"}, ${describe(text)}`;
}
