import { createClient } from "../client/client.ts";
import { OmniqError } from "../client/errors.ts";
import { bad, type Check, odd, well } from "./checks.ts";
import { findPlace, type Target, type TargetOptions } from "./place.ts";

/** No schedule has this name: whoever may change one is told so, and nothing is changed. */
const NOBODY = "omniq-doctor-asks-for-none";

/** Which scopes the key has, and whether the server asks for one at all. */
export async function checkAuthorization(target: Target, options: TargetOptions): Promise<readonly Check[]> {
  const place = findPlace(options);
  if (place.kind === "database") return [well("key", "none is needed: the database is opened itself")];
  const open = await isOpen(place.url);
  if (open) {
    const detail = "the server asks for no key: everybody may do everything";
    return [
      isLocal(place.url)
        ? well("key", detail)
        : bad("key", detail, "unset OMNIQ_AUTH there, and set OMNIQ_KEYS: `omniq keys new`"),
    ];
  }
  const scopes = await findScopes(target);
  if (scopes.length === 0)
    return [
      bad(
        "key",
        "the key is none of the server's, or there is none",
        "give one of its OMNIQ_KEYS as OMNIQ_KEY; `omniq keys new` makes one",
      ),
    ];
  const checks = [well("key", `has the scopes ${scopes.join(", ")}`)];
  if (!scopes.includes("read"))
    return [
      ...checks,
      bad("key", "without the scope read nothing more can be looked at", "use a key with read or admin"),
    ];
  if (options.key === undefined) return checks;
  return [
    ...checks,
    odd(
      "key",
      "it was given on the command line, where every user of this machine can see it",
      "set OMNIQ_KEY instead",
    ),
  ];
}

/** Each asks for what is not there, or is not allowed: nothing is written. */
async function findScopes({ client }: Target): Promise<readonly string[]> {
  const asked = {
    enqueue: () => client.enqueueMany([]),
    read: () => client.schedules.get(NOBODY),
    admin: () => client.schedules.enable(NOBODY),
  };
  const found: string[] = [];
  for (const [scope, ask] of Object.entries(asked)) if (await isAllowed(ask)) found.push(scope);
  return found;
}

async function isAllowed(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    if (!(error instanceof OmniqError)) throw error;
    if (error.status === 401 || error.status === 403) return false;
    if (error.status === 400 || error.status === 404) return true;
    throw error;
  }
}

async function isOpen(url: string): Promise<boolean> {
  return isAllowed(() => createClient({ url }).schedules.get(NOBODY));
}

function isLocal(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
