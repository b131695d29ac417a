import { Hono } from "hono";
import type { ApiContext, ApiVariables } from "../context.ts";
import { allowOnly } from "../methods.ts";
import type { Served } from "./served.ts";

/** The document changes only with the code: a release is seen after that many seconds at the latest. */
const KEEP = "public, max-age=300";

/** Its style comes from its own address, and it holds nothing else: no script, no form, no frame. */
const POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The document and its page. Neither shows any data, so neither asks for a key. */
export function openApiRoutes() {
  const app = new Hono<{ Variables: ApiVariables }>();

  app.get("/openapi.json", async (context) => reply(context, (await load()).document, "application/json"));
  app.all("/openapi.json", allowOnly("GET", "HEAD"));

  app.get("/docs", async (context) => {
    context.header("content-security-policy", POLICY);
    return reply(context, (await load()).page, "text/html; charset=utf-8");
  });
  app.all("/docs", allowOnly("GET", "HEAD"));

  app.get("/docs.css", async (context) => reply(context, (await load()).style, "text/css; charset=utf-8"));
  app.all("/docs.css", allowOnly("GET", "HEAD"));

  return app;
}

/** Loaded and made by the first who asks: a Worker that nobody asks starts without it. */
async function load() {
  const { serve } = await import("./served.ts");
  return serve();
}

function reply(context: ApiContext, { text, etag }: Served, type: string): Response {
  context.header("cache-control", KEEP);
  context.header("etag", etag);
  const known = context.req.header("if-none-match")?.split(",") ?? [];
  const isKnown = known.some((one) => ["*", etag].includes(one.trim().replace(/^W\//, "")));
  return isKnown ? context.body(null, 304) : context.body(text, 200, { "content-type": type });
}
