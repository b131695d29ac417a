/** What the routes of `./routes.ts` take and answer. */
import * as v from "valibot";
import type { Operation, Reply } from "./operation.ts";

const tag = "This document";
const headers = { etag: "Changes with the document." };
const unchanged: Reply = { description: "What If-None-Match names is still it.", headers };
const known = v.strictObject({
  "If-None-Match": v.optional(v.pipe(v.string(), v.description("The ETag of an earlier reply."))),
});

export const selfOperations: readonly Operation[] = [
  {
    ...{ method: "get", path: "/openapi.json", id: "readDocument", tag, scope: null, headers: known },
    summary: "Read this document",
    replies: {
      200: { description: "OpenAPI 3.1.", schema: v.looseObject({ openapi: v.string() }), headers },
      304: unchanged,
    },
  },
  {
    ...{ method: "get", path: "/docs", id: "readPage", tag, scope: null, headers: known },
    summary: "Read it as a page",
    replies: {
      200: { description: "HTML.", schema: v.string(), type: "text/html", headers },
      304: unchanged,
    },
  },
  {
    ...{ method: "get", path: "/docs.css", id: "readStyle", tag, scope: null, headers: known },
    summary: "The style of that page",
    replies: { 200: { description: "CSS.", schema: v.string(), type: "text/css", headers }, 304: unchanged },
  },
];
