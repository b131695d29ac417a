import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import { sha256 } from "../core/digest.ts";
import { type ApiKey, allows } from "../http/keys.ts";
import type { DashboardContext, Visitor } from "./context.ts";

/** How long a session lasts at most, in milliseconds, however much it is used. */
export const SESSION_LIFETIME = 12 * 3_600_000;

/** How long it lasts when it is not used. Nothing is kept of sessions, so that a copy of a cookie outlives its sign-out by this. */
export const IDLE_LIFETIME = 3_600_000;

/** Everybody, where no keys are asked for. */
export const ANYBODY: Visitor = { name: null, may: () => true, token: "" };

/** What sessions are signed with. The keys' digests are in it, so that a change of the keys ends every session. */
export interface Signer {
  readonly keys: readonly ApiKey[];
  /** Without it, whoever knows the digests can sign. */
  readonly sessionSecret?: string;
  /** Where the dashboard is mounted: another one of the host has sessions of its own. */
  readonly mount: string;
}

/** What the cookie holds, beside the key's name for who looks at it. */
interface Session {
  /** When it ends if it is not renewed, and when it began, in milliseconds since the epoch. */
  readonly expires: number;
  readonly begun: number;
  /** Of the key. */
  readonly mark: string;
  /** Stays when it is renewed: so does the token of its forms. */
  readonly id: string;
}

function secretOf({ keys, sessionSecret = "", mount }: Signer): Promise<string> {
  const digests = keys.map(({ name, scopes, digest }) => `${name}:${scopes.join("+")}:${digest}`);
  return sha256(`omniq dashboard session\n${sessionSecret}\n${mount}\n${digests.sort().join("\n")}`);
}

/** What tells an entry among the others, also where they are of one key, and says nothing of it. */
async function markOf(secret: string, { name, scopes, digest }: ApiKey): Promise<string> {
  return (await sha256(`key\n${secret}\n${name}:${scopes.join("+")}:${digest}`)).slice(0, 16);
}

/** A browser keeps one jar for every port and every path of a host: dashboards there would end each other's sessions. */
async function nameOf(context: DashboardContext, secret: string): Promise<string> {
  const { port } = new URL(context.req.url);
  return `omniq_session_${(await sha256(`name\n${secret}\n${port}`)).slice(0, 8)}`;
}

/** Lets who has shown this key look around, from here on. */
export async function openSession(
  context: DashboardContext,
  signer: Signer,
  key: ApiKey,
  now: number,
): Promise<void> {
  const secret = await secretOf(signer);
  const mark = await markOf(secret, key);
  await write(context, secret, key.name, { begun: now, mark, id: crypto.randomUUID(), expires: 0 }, now);
}

export async function closeSession(context: DashboardContext, signer: Signer): Promise<void> {
  deleteCookie(context, await nameOf(context, await secretOf(signer)), cookieOptions(context));
}

/** Who has signed in, in a session that has not ended, which is renewed; null where nobody has. */
export async function readSession(
  context: DashboardContext,
  signer: Signer,
  now: number,
): Promise<Visitor | null> {
  const secret = await secretOf(signer);
  const { prefix } = cookieOptions(context);
  const value = await getSignedCookie(context, secret, await nameOf(context, secret), prefix);
  if (typeof value !== "string") return null;
  const [expires = "", begun = "", mark = "", id = ""] = value.split("|");
  const session = { expires: Number(expires), begun: Number(begun), mark, id };
  if (!(session.expires > now)) return null;
  for (const key of signer.keys) {
    if (mark !== (await markOf(secret, key))) continue;
    await renew(context, secret, key.name, session, now);
    const token = await sha256(`token\n${secret}\n${id}`);
    return { name: key.name, may: (scope) => allows(key, scope), token };
  }
  return null;
}

/** Not with every request: what is live asks each few seconds. */
async function renew(context: DashboardContext, secret: string, name: string, session: Session, now: number) {
  const { expires, begun } = session;
  if (expires - now > IDLE_LIFETIME / 2 || expires >= begun + SESSION_LIFETIME) return;
  await write(context, secret, name, session, now);
}

async function write(context: DashboardContext, secret: string, name: string, session: Session, now: number) {
  const { begun, mark, id } = session;
  const expires = Math.min(now + IDLE_LIFETIME, begun + SESSION_LIFETIME);
  const value = [expires, begun, mark, id, name].join("|");
  await setSignedCookie(context, await nameOf(context, secret), value, secret, {
    ...cookieOptions(context),
    maxAge: Math.floor((expires - now) / 1_000),
  });
}

/** On https no other site of the domain can set it, nor a page that came without. */
function cookieOptions(context: DashboardContext) {
  const isSecure =
    new URL(context.req.url).protocol === "https:" || context.req.header("x-forwarded-proto") === "https";
  return {
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: isSecure,
    prefix: isSecure ? "host" : undefined,
  } as const;
}
