import type { Manifest } from "../support/package.ts";

/** What a subpath asks of its app beyond the package; one that asks for nothing has no line. */
const NEEDS: Readonly<Record<string, readonly Need[]>> = {
  "./libsql": ["@libsql/client"],
  "./otel": ["@opentelemetry/api"],
  "./node": ["node"],
  "./rpc": ["workerd"],
};

/** An optional peer, or the platform alone that it runs on. */
export type Need = "@libsql/client" | "@opentelemetry/api" | "node" | "workerd";

/** The names, as they are imported, of all subpaths with code whose needs are met. */
export function importsFor({ name, exports }: Manifest, met: readonly Need[]): string[] {
  return Object.keys(exports)
    .filter((subpath) => subpath !== "./package.json")
    .filter((subpath) => (NEEDS[subpath] ?? []).every((need) => met.includes(need)))
    .map((subpath) => `${name}${subpath.slice(1)}`);
}

/** A module that imports them all, and holds on to what it got. */
export function moduleOf(imports: readonly string[]): string {
  const lines = imports.map((name, index) => `import * as room${index} from ${JSON.stringify(name)};`);
  const rooms = imports.map((_, index) => `room${index}`).join(", ");
  return `${lines.join("\n")}\nexport const counts = [${rooms}].map((room) => Object.keys(room).length);\n`;
}
