import { createClient } from "../client/client.ts";
import type { ClientOptions } from "../client/options.ts";
import { findPlace, showUrl, type Target, type TargetOptions } from "./place.ts";

/**
 * Opens it: the API by HTTP, or a database by the same API in this process.
 *
 * @param fetch of the API. Defaults to the platform's
 * @throws {CliError} {@link OmniqError}
 */
export async function openTarget(options: TargetOptions, fetch?: ClientOptions["fetch"]): Promise<Target> {
  const place = findPlace(options);
  if (place.kind === "api") {
    const client = createClient({ url: place.url, key: place.key, fetch });
    return { kind: "api", client, place: showUrl(place.url) };
  }
  const { openDatabase } = await import("./database.ts");
  return openDatabase(place, options);
}
