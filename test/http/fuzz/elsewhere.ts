/** Paths and methods that are not meant, and headers that might change what a request is taken for. */
import fc from "fast-check";
import { anyCall } from "./api.ts";
import { IDS } from "./likely.ts";
import { type Call, call } from "./probe.ts";
import * as texts from "./texts.ts";

const ODD_HEADERS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  "idempotency-key": fc.oneof(fc.constantFrom("a", "b", "c"), texts.headerText),
  "x-d1-bookmark": fc.oneof(
    fc.constantFrom("0", IDS[0] ?? "", "00000001-00000002-00000003-0123456789abcdef0123456789abcdef"),
    texts.headerText,
  ),
  "content-type": fc.oneof(
    fc.constantFrom(
      "application/json; charset=utf-8",
      "APPLICATION/JSON",
      "application/json;charset=utf-16",
      "text/plain",
      "application/problem+json",
      "multipart/form-data",
    ),
    texts.headerText,
  ),
  "content-encoding": fc.constantFrom("gzip", "br", "identity"),
  accept: fc.constantFrom("text/html", "*/*;q=0", "application/xml"),
  origin: fc.constantFrom("https://example.com", "null"),
  cookie: texts.headerText,
  range: fc.constantFrom("bytes=0-10", "bytes=-1"),
  "if-none-match": fc.constantFrom("*", '"a"'),
  "x-http-method-override": fc.constantFrom("DELETE", "PUT"),
  "x-forwarded-for": texts.headerText,
  "x-forwarded-host": texts.headerText,
  "x-original-url": fc.constantFrom("/v1/queues", "/healthz"),
  "x-omniq-key": texts.headerText,
};

const header = fc.oneof(
  ...Object.entries(ODD_HEADERS).map(([name, value]) => fc.tuple(fc.constant(name), value)),
);

export const headers: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .array(header, { minLength: 1, maxLength: 4 })
  .map((headers) => Object.fromEntries(headers));

const TRICKS: readonly ((path: string) => string)[] = [
  (path) => `/${path}`,
  (path) => `${path}/`,
  (path) => path.toUpperCase(),
  (path) => path.replace("tasks", "t%61sks"),
  (path) => path.replaceAll(/(?<!^)\//g, "%2f"),
  (path) => path.replaceAll("/", "//"),
  (path) => path.replaceAll("/", "\\"),
  (path) => `/v1/..${path}`,
  (path) => `/healthz/%2e%2e${path}`,
  (path) => `${path}/../../healthz`,
  (path) => `${path}/%2e%2e/%2e%2e/healthz`,
  (path) => `${path}%2f..%2f..%2fhealthz`,
  (path) => `/healthz${path}`,
  (path) => `/healthz;${path}`,
  (path) => `${path}?/healthz`,
  (path) => `${path}#/healthz`,
  (path) => `${path}%00`,
  (path) => `${path}%`,
  (path) => `${path}%ff`,
  (path) => `${path}%c0%af`,
  (path) => `${path}%0d%0aset-cookie:%20a=b`,
  (path) => `${path};a=b`,
  (path) => `${path}.json`,
  (path) => `${path}/${"x".repeat(5_000)}`,
  (path) => `${path}${"/%2525".repeat(50)}`,
  (path) => path.replace("v1", "v2"),
];

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"];
const BODILESS = ["GET", "HEAD"];

/** The path is another, or the method, or both: which call it is then, if any, is the API's to say. */
export const elsewhere: fc.Arbitrary<Call> = fc
  .tuple(
    anyCall,
    fc.option(fc.constantFrom(...METHODS)),
    fc.array(fc.constantFrom(...TRICKS), { maxLength: 2 }),
  )
  .map(([meant, otherMethod, tricks]) => {
    const method = otherMethod ?? meant.method;
    const path = tricks.reduce((path, trick) => trick(path), meant.path);
    return call(method, path, undefined, BODILESS.includes(method) ? undefined : meant.body);
  });
