import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Manifest, ROOT } from "../support/package.ts";
import { type HttpServer, serve } from "../support/serve.ts";

const NPM = "https://registry.npmjs.org";

/** What npm's lock says of a version. */
interface Locked {
  readonly version?: string;
  readonly integrity?: string;
}

/**
 * A registry in which the package has been published as it was packed. Of other packages it has the versions that are locked here, whose
 * tarballs npm's cache holds by their digests since they were installed; for all else it sends to the public one.
 */
export async function startRegistry(tarball: string, manifest: Manifest): Promise<HttpServer> {
  const packed = await readFile(tarball);
  const integrity = `sha512-${createHash("sha512").update(packed).digest("base64")}`;
  const known = await readLocked();
  const server: HttpServer = await serve((request) => {
    const { pathname } = new URL(request.url);
    const name = decodeURIComponent(pathname.slice(1));
    if (name === `${manifest.name}.tgz`)
      return new Response(packed, { headers: { "cache-control": "no-store" } });
    if (name === manifest.name) {
      const dist = { integrity, tarball: `${server.origin}/${name}.tgz` };
      return describePackage(name, [{ ...manifest, dist }]);
    }
    const versions = known.get(name);
    if (versions !== undefined) return describePackage(name, versions);
    return Response.redirect(`${NPM}${pathname}`, 307);
  });
  return server;
}

interface Version {
  readonly version: string;
  readonly dist: object;
}

/** As npm asks for it; it is not to keep it, for the port is another the next time. */
function describePackage(name: string, versions: readonly Version[]): Response {
  const byVersion = Object.fromEntries(versions.map((own) => [own.version, { name, ...own }]));
  const latest = versions.at(-1)?.version;
  const headers = { "cache-control": "no-store" };
  return Response.json({ name, "dist-tags": { latest }, versions: byVersion }, { headers });
}

async function readLocked() {
  const lock: { packages: Record<string, Locked> } = JSON.parse(
    await readFile(join(ROOT, "package-lock.json"), "utf8"),
  );
  const known = new Map<string, Version[]>();
  for (const [path, { version, ...own }] of Object.entries(lock.packages)) {
    const name = path.split("node_modules/").at(-1) ?? "";
    if (name === "" || version === undefined) continue;
    const tarball = `${NPM}/${name}/-/${name.split("/").at(-1)}-${version}.tgz`;
    // What is only for another platform is locked without a digest.
    const dist = own.integrity === undefined ? { tarball } : { tarball, integrity: own.integrity };
    known.set(name, [...(known.get(name) ?? []), { ...own, version, dist }]);
  }
  return known;
}
