import { Hono } from "hono";
import { ASSETS } from "./generated.ts";

/** What a browser may keep for a year, since its name changes with what is in it. */
const IMMUTABLE = "public, max-age=31536000, immutable";

const paths = new Map(ASSETS.map(({ name, hash }) => [name, name.replace(/\.(\w+)$/, `-${hash}.$1`)]));
const byFile = new Map(ASSETS.map((asset) => [paths.get(asset.name), asset]));

/** Where an asset is, from where the dashboard is mounted. */
export function assetPath(name: string): string {
  const file = paths.get(name);
  if (file === undefined)
    throw new Error(`expected ${name} to be one of the assets: run node scripts/embed.ts`);
  return `assets/${file}`;
}

/** Styles and scripts, for everybody: there is nothing in them but what the package holds. */
export function assetRoutes() {
  const app = new Hono();
  app.get("/assets/:file", (context) => {
    const asset = byFile.get(context.req.param("file"));
    if (asset === undefined) return context.text("Not found", 404);
    return context.body(asset.body, 200, {
      "content-type": asset.type,
      "cache-control": IMMUTABLE,
      "x-content-type-options": "nosniff",
    });
  });
  return app;
}
