import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import { sha256 } from "../core/digest.ts";
import { type ApiKey, allows } from "../http/keys.ts";
import type { DashboardContext, Visitor } from "./context.ts";

const COOKIE = "omniq_session";

/** How long a session lasts, in milliseconds. */
export const SESSION_LIFETIME = 12 * 3_600_000;

/** Everybody, where no keys are asked for. */
export const ANYBODY: Visitor = { name: null, may: () => true, token: "" };

/** What sessions are signed with. The keys' digests are in it, so that a change of the keys ends every session. */
export interface Signer {
  readonly keys: readonly ApiKey[];
  /** Without it, whoever knows the digests can sign. */
  readonly sessionSecret?: string;
}

function secretOf({ keys, sessionSecret = "" }: Signer): Promise<string> {
  const digests = keys.map(({ name, scopes, digest }) => `${name}:${scopes.join("+")}:${digest}`);
  return sha256(`omniq dashboard session\n${sessionSecret}\n${digests.sort().join("\n")}`);
}

/** What tells an entry among the others, also where they are of one key, and says nothing of it. */
async function markOf(secret: string, { name, scopes, digest }: ApiKey): Promise<string> {
  return (await sha256(`key\n${secret}\n${name}:${scopes.join("+")}:${digest}`)).slice(0, 16);
}

/** Lets who has shown this key look around, from here on. */
export async function openSession(
  context: DashboardContext,
  signer: Signer,
  key: ApiKey,
  now: number,
): Promise<void> {
  const secret = await secretOf(signer);
  const value = [now + SESSION_LIFETIME, await markOf(secret, key), key.name].join("|");
  await setSignedCookie(context, COOKIE, value, secret, {
    ...cookieOptions(context),
    maxAge: SESSION_LIFETIME / 1_000,
  });
}

export function closeSession(context: DashboardContext): void {
  deleteCookie(context, COOKIE, cookieOptions(context));
}

/** Who has signed in, in a session that has not ended; null where nobody has. */
export async function readSession(
  context: DashboardContext,
  signer: Signer,
  now: number,
): Promise<Visitor | null> {
  const secret = await secretOf(signer);
  const { prefix } = cookieOptions(context);
  const value = await getSignedCookie(context, secret, COOKIE, prefix);
  if (typeof value !== "string") return null;
  const [expires = "", mark] = value.split("|");
  if (!(Number(expires) > now)) return null;
  for (const key of signer.keys) {
    if (mark !== (await markOf(secret, key))) continue;
    const token = await sha256(`token\n${secret}\n${value}`);
    return { name: key.name, may: (scope) => allows(key, scope), token };
  }
  return null;
}

/** On https no other site of the domain can set it, nor a page that came without. */
function cookieOptions(context: DashboardContext) {
  const isSecure = new URL(context.req.url).protocol === "https:";
  return {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: isSecure,
    prefix: isSecure ? "host" : undefined,
  } as const;
}
