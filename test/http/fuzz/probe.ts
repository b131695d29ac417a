import type { Scope } from "../../../src/http/keys.ts";
import type { Credential } from "./credentials.ts";
import type { Json } from "./json.ts";

/** What requests are for. */
export const KINDS = [
  "round trips",
  "as the schemas say",
  "one thing wrong",
  "broken JSON",
  "other bodies",
  "headers",
  "paths and methods",
  "keys",
  "injections",
] as const;
export type Kind = (typeof KINDS)[number];

export type Body = string | Uint8Array<ArrayBuffer> | undefined;

/** What is sent, whoever sends it. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: Body;
  /** What it needs; null for nothing, undefined where it may be any call, or none. */
  readonly scope: Scope | null | undefined;
}

export function call(method: string, path: string, scope: Call["scope"], body?: Body): Call {
  return { method, path, scope, body };
}

/** A request. */
export interface Probe extends Call {
  readonly kind: Kind;
  readonly headers: Readonly<Record<string, string>>;
  readonly credential: Credential;
  /** The payload of a task with which nothing else is wrong. */
  readonly payload?: { readonly args: Json; readonly kwargs: Json };
}
