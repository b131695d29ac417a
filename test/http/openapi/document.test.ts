import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { Hono } from "hono";
import { afterAll, describe, expect, it } from "vitest";
import { createQueue } from "../../../src/core/queue.ts";
import { createApi } from "../../../src/http/api.ts";
import { makeDocument, type OpenApi } from "../../../src/http/openapi/document.ts";
import { PROBLEM_CODES } from "../../../src/http/problem.ts";
import { libsqlStorage } from "../../../src/storage/libsql.ts";
import { caller } from "../../support/http.ts";
import { temporaryFolder } from "../../support/libsql.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());
const queue = createQueue({ storage: libsqlStorage({ url: `file:${folder.path}/queue.db` }), tasks: [] });
// No key is configured: what is answered needs none.
const api = createApi(() => ({ queue, keys: [] }));
const call = caller((request) => api.fetch(request));

const document = makeDocument();
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

describe("the document of the API", () => {
  it("is OpenAPI 3.1, by another's validator", async () => {
    const text = JSON.stringify(document);
    expect(await new Validator().validate(JSON.parse(text))).toEqual({ valid: true });
    expect(document.openapi).toMatch(/^3\.1\./);
  });

  it("describes every route, and no other", () => {
    const routes = api.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    const described = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(new Set(described)).toEqual(new Set(routes));
    expect(new Set(described).size).toBe(described.length);
  });

  it("names each operation once, and each parameter of its path", () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = operation.parameters?.filter(({ in: place }) => place === "path") ?? [];
      expect(described.map(({ name }) => name)).toEqual(names);
    }
  });

  it("has no schema that a strict reader refuses", () => {
    const options = { strict: true, strictTypes: false, strictRequired: false, formats: fullFormats };
    const ajv = new Ajv2020(options);
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      ajv.addSchema(JSON.parse(JSON.stringify(schema)), `#/components/schemas/${name}`);
    }
    for (const name of Object.keys(document.components.schemas)) {
      expect(ajv.getSchema(`#/components/schemas/${name}`), name).toBeTypeOf("function");
    }
  });

  it("says of each schema what it takes: of none nothing", () => {
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      expect(schema.properties ?? schema.anyOf, name).toBeDefined();
    }
  });

  it("names every code that a problem may have", () => {
    expect(document.components.schemas.Problem?.properties?.code).toMatchObject({ enum: [...PROBLEM_CODES] });
  });

  it("gives examples that its schemas take", () => {
    const ajv = new Ajv2020({ strict: false, formats: fullFormats });
    ajv.addSchema({ ...document, $id: "https://omniq.test/" });
    for (const { path, method, operation } of operations) {
      const content = operation.requestBody?.content["application/json"];
      if (content === undefined) continue;
      const pointer = `paths/${encodeURIComponent(path.replaceAll("/", "~1"))}/${method}/requestBody`;
      const $ref = `https://omniq.test/#/${pointer}/content/application~1json/schema`;
      expect(ajv.validate({ $ref }, content.example), operation.operationId).toBe(true);
    }
  });
});

describe("GET /openapi.json", () => {
  it("answers without a key, with what may be kept", async () => {
    const { status, headers, body } = await call("GET", "/openapi.json");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.get("cache-control")).toBe("public, max-age=300");
    expect(body).toEqual(JSON.parse(JSON.stringify(document)));
  });

  it.each(["/openapi.json", "/docs", "/docs.css"])("answers 304 to who has it already: %s", async (path) => {
    const etag = (await call("GET", path)).headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const answer = await call("GET", path, { headers: { "if-none-match": known } });
      expect(answer).toMatchObject({ status: 304, text: "" });
      expect(answer.headers.get("etag")).toBe(etag);
    }
    expect((await call("GET", path, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
    expect(await call("HEAD", path)).toMatchObject({ status: 200, text: "" });
  });

  it("names the server beside it, wherever the API is mounted", async () => {
    const app = new Hono().route("/some/queue", api);
    const address = "http://omniq.test/some/queue/openapi.json";
    const own: OpenApi = JSON.parse(await (await app.request(address)).text());
    const { url = "" } = own.servers[0] ?? {};
    // As the specification has it: the path is appended to the server's address, which is relative to the document's.
    expect(new URL(`${url}/v1/tasks`, address).pathname).toBe("/some/queue/v1/tasks");
  });
});

describe("GET /docs", () => {
  it("needs no script, and nothing from elsewhere", async () => {
    const { headers, text } = await call("GET", "/docs");
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'self';/);
    expect(text).not.toMatch(/<script|<style|style=|https?:\/\//);
    const links = [...text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, link = ""]) => link);
    const outside = links.filter((link) => !link.startsWith("#"));
    expect(new Set(outside)).toEqual(new Set(["docs.css", "openapi.json"]));
    const places = new Set([...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => `#${id}`));
    expect(links.filter((link) => link.startsWith("#") && !places.has(link))).toEqual([]);
  });

  it("shows every operation and every schema, once", async () => {
    const { text } = await call("GET", "/docs");
    const ids = [...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    const names = operations.map(({ operation }) => operation.operationId);
    expect(ids.toSorted()).toEqual([...names, ...Object.keys(document.components.schemas)].toSorted());
  });
});
