/**
 * Puts what a browser gets of the dashboard into a module, so that a Worker carries it: our own styles and scripts, htmx and uPlot.
 * Run it after a change of them, as `node scripts/embed.ts`; a test compares.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
export const GENERATED = fileURLToPath(new URL("src/dashboard/generated.ts", root));

const SCRIPT = "text/javascript; charset=utf-8";
const STYLE = "text/css; charset=utf-8";

const read = (path: string) => readFileSync(new URL(path, root), "utf8");

/** A file of a package, with its licence and without the address of a map that is not served. */
function vendored(name: string, path: string): string {
  const body = read(`node_modules/${name}/${path}`).replace(/\n?\/[/*]# sourceMappingURL=.*/g, "");
  return `/*!\n${read(`node_modules/${name}/LICENSE`).trim()}\n*/\n${body}`;
}

/** Our own styles are one file: what they are made of is for those who write them. */
function styles(): string {
  const names = readdirSync(new URL("src/dashboard/styles", root)).filter((name) => name.endsWith(".css"));
  return names
    .sort()
    .map((name) => read(`src/dashboard/styles/${name}`))
    .join("\n");
}

function scripts(): [string, string, string][] {
  const names = readdirSync(new URL("src/dashboard/scripts", root)).filter((name) => name.endsWith(".js"));
  return names.sort().map((name) => [name, SCRIPT, read(`src/dashboard/scripts/${name}`)]);
}

/** The text of the module. */
export function generate(): string {
  const files: [name: string, type: string, body: string][] = [
    ["style.css", STYLE, styles()],
    ["icon.svg", "image/svg+xml", read("src/dashboard/scripts/icon.svg")],
    ...scripts(),
    ["htmx.js", SCRIPT, vendored("htmx.org", "dist/htmx.min.js")],
    ["uplot.js", SCRIPT, vendored("uplot", "dist/uPlot.iife.min.js")],
    ["uplot.css", STYLE, vendored("uplot", "dist/uPlot.min.css")],
  ];
  const assets = files.map(([name, type, body]) => {
    const hash = createHash("sha256").update(body).digest("hex").slice(0, 12);
    return `  ${JSON.stringify({ name, type, hash, body })},`;
  });
  return `// Made by scripts/embed.ts: change what it reads, and run it again.
interface Asset {
  readonly name: string;
  readonly type: string;
  readonly hash: string;
  readonly body: string;
}

export const ASSETS: readonly Asset[] = [
${assets.join("\n")}
];
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(GENERATED, generate());
