import { sha256 } from "../core/digest.ts";
import { ConfigError } from "../core/errors.ts";

/** What a key may do: `admin` implies the others. */
export const SCOPES = ["enqueue", "read", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** A key as it is configured: its secret is known only by digest. */
export interface ApiKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the key, in lower-case hexadecimal. */
  readonly digest: string;
}

const FORM = "comma-separated name:scope+scope:sha256, scopes among enqueue, read and admin";

/**
 * Reads `OMNIQ_KEYS`.
 *
 * @throws {ConfigError} naming the entry by its place, never by its value
 * @example parseKeys("ci:enqueue+read:9f86d081...")
 */
export function parseKeys(text: string): ApiKey[] {
  const entries = text.split(",").filter((entry) => entry.trim() !== "");
  return entries.map((entry, index) => {
    const [name = "", scopes = "", digest = "", ...rest] = entry.trim().split(":");
    const parsed = scopes.split("+").map((scope) => SCOPES.find((known) => known === scope));
    const known = parsed.filter((scope) => scope !== undefined);
    const valid = /^[\w.-]+$/.test(name) && known.length === parsed.length && /^[0-9a-f]{64}$/i.test(digest);
    if (!valid || rest.length > 0)
      throw new ConfigError("OMNIQ_KEYS", FORM, `another form in entry ${index + 1}`);
    return { name, scopes: known, digest: digest.toLowerCase() };
  });
}

/** The configured key that was presented; every key is compared, and every character, however early they differ. */
export async function findKey(keys: readonly ApiKey[], presented: string): Promise<ApiKey | null> {
  const digest = await sha256(presented);
  let found: ApiKey | null = null;
  for (const key of keys) if (equalInConstantTime(key.digest, digest)) found = key;
  return found;
}

function equalInConstantTime(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index++) difference |= a.charCodeAt(index) ^ b.charCodeAt(index);
  return difference === 0;
}

export function allows(key: ApiKey, scope: Scope): boolean {
  return key.scopes.includes(scope) || key.scopes.includes("admin");
}
