import type { JsonSchema } from "@valibot/to-json-schema";
import { html } from "hono/html";
import type { OpenApi, OperationObject, ParameterObject, ResponseObject } from "./document.ts";
import { type Html, renderType } from "./types.ts";

/** An operation with its address. */
interface Listed {
  readonly method: string;
  readonly path: string;
  readonly operation: OperationObject;
}

/** The document as a page that one can read. It needs no script, and of other files only its style. */
export function renderPage(document: OpenApi): string {
  const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Listed => ({ method, path, operation })),
  );
  const tags = [...new Set(listed.flatMap(({ operation }) => operation.tags))];
  const taggedWith = (tag: string) => listed.filter(({ operation }) => operation.tags.includes(tag));
  const schemas = Object.entries(document.components.schemas);
  const { title, description } = document.info;
  return `${html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}: HTTP API</title>
<link rel="stylesheet" href="docs.css">
</head>
<body>
<header>
<h1>${title}: HTTP API</h1>
<p>${description}</p>
<p>All of it for machines: <a href="openapi.json">openapi.json</a>. In the examples <code>$URL</code> is where this API is, and <code>$KEY</code> a key.</p>
</header>
<nav aria-label="Operations">
${tags.map((tag) => html`<h2>${tag}</h2><ul>${taggedWith(tag).map(renderEntry)}</ul>`)}
</nav>
<main>
${tags.map((tag) => html`<section aria-label="${tag}"><h2>${tag}</h2>${taggedWith(tag).map(renderOperation)}</section>`)}
<section aria-label="Schemas"><h2>Schemas</h2>${schemas.map(renderSchema)}</section>
</main>
</body>
</html>
`}`;
}

function renderEntry({ method, path, operation }: Listed): Html {
  return html`<li><a href="#${operation.operationId}"><code>${method.toUpperCase()} ${path}</code></a></li>`;
}

function renderOperation({ method, path, operation }: Listed): Html {
  const { operationId, summary, description, security, parameters, requestBody, responses } = operation;
  const [scope] = security.flatMap((one) => Object.values(one)).flat();
  const body = requestBody?.content["application/json"];
  return html`<article aria-labelledby="${operationId}">
<h3 id="${operationId}"><code class="method">${method}</code> <code>${path}</code></h3>
<p>${summary}.${description === undefined ? "" : ` ${description}`} <span class="faint">${scope === undefined ? "Needs no key." : `Scope: ${scope}.`}</span></p>
${parameters === undefined ? "" : renderParameters(parameters)}
${body === undefined ? "" : html`<p>Body: ${renderType(body.schema)}</p>`}
<pre tabindex="0"><code>${writeCurl(method, path, scope, body?.example)}</code></pre>
${renderReplies(responses)}
</article>
`;
}

function renderParameters(parameters: readonly ParameterObject[]): Html {
  const rows = parameters.map(
    ({ name, in: place, required, schema, description = "" }) =>
      html`<tr><td><code>${name}</code></td><td>${place}${required ? ", required" : ""}</td><td>${renderType(schema)}</td><td>${description}</td></tr>`,
  );
  return renderTable("Parameters", ["Name", "In", "Type", "What it is"], rows);
}

function renderReplies(responses: Readonly<Record<string, ResponseObject>>): Html {
  const rows = Object.entries(responses).map(([status, { description, content = {} }]) => {
    const [type, reply] = Object.entries(content)[0] ?? [];
    const body =
      reply === undefined ? "" : html`${renderType(reply.schema)} <span class="faint">${type}</span>`;
    return html`<tr><td>${status}</td><td>${description}</td><td>${body}</td></tr>`;
  });
  return renderTable("Replies", ["Status", "Meaning, or codes", "Body"], rows);
}

function renderSchema([name, schema]: readonly [string, JsonSchema]): Html {
  const variants = schema.properties === undefined ? (schema.anyOf ?? []) : [schema];
  return html`<article aria-labelledby="${name}"><h3 id="${name}">${name}</h3>
${variants.map((variant) => (typeof variant === "object" ? renderMembers(variant, name) : ""))}</article>
`;
}

function renderMembers(schema: JsonSchema, name: string): Html {
  const { properties = {}, required = [] } = schema;
  const { status } = properties;
  // Of several forms, each has a status of its own.
  const caption =
    typeof status === "object" && status.const !== undefined ? `${name}: ${status.const}` : name;
  const rows = Object.entries(properties).flatMap(([member, schema]) => {
    const description = typeof schema === "object" ? (schema.description ?? "") : "";
    const row = html`<tr><td><code>${member}</code></td><td>${required.includes(member) ? "yes" : "no"}</td><td>${renderType(schema)}</td><td>${description}</td></tr>`;
    return [row, ...renderNested(member, schema)];
  });
  const rules = rulesOf(schema).map((rule) => html`<li>${rule}</li>`);
  const list = rules.length === 0 ? "" : html`<ul>${rules}</ul>`;
  return html`${renderTable(caption, ["Member", "Required", "Type", "What it is"], rows)}${list}`;
}

/** Which members go together, of the schema and of those within it. */
function rulesOf({ allOf = [], properties = {} }: JsonSchema, within = ""): string[] {
  const own = allOf.map((rule) => (typeof rule === "object" ? `${within}${rule.description ?? ""}` : ""));
  const nested = Object.entries(properties).flatMap(([name, schema]) =>
    typeof schema === "object" ? rulesOf(schema, `${within}In ${name}: `) : [],
  );
  return [...own, ...nested];
}

/** The members of an object that has no name of its own. */
function renderNested(prefix: string, schema: JsonSchema | boolean): Html[] {
  if (typeof schema !== "object" || schema.properties === undefined) return [];
  return Object.entries(schema.properties).map(([member, own]) => {
    const description = typeof own === "object" ? (own.description ?? "") : "";
    const needed = schema.required?.includes(member) ? "yes" : "no";
    return html`<tr><td><code>${prefix}.${member}</code></td><td>${needed}</td><td>${renderType(own)}</td><td>${description}</td></tr>`;
  });
}

/** What may be wider than the page scrolls by itself, so it must be reached by keys. */
function renderTable(caption: string, heads: readonly string[], rows: readonly Html[]): Html {
  const head = heads.map((text) => html`<th scope="col">${text}</th>`);
  return html`<div class="wide" role="group" aria-label="${caption}" tabindex="0"><table><caption>${caption}</caption><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function writeCurl(
  method: string,
  path: string,
  scope: string | undefined,
  example: object | undefined,
): string {
  const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`);
  return [
    `curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}"$URL${address}"`,
    ...(scope === undefined ? [] : [`-H "authorization: Bearer $KEY"`]),
    ...(example === undefined
      ? []
      : [`-H "content-type: application/json"`, `-d '${JSON.stringify(example)}'`]),
  ].join(" \\\n  ");
}
