import { randomBytes } from "node:crypto";
import { sha256 } from "../../core/digest.ts";
import { parseKeys, SCOPES } from "../../http/keys.ts";
import { refuseUsage } from "../failure.ts";
import { colours, type OutputOptions, print, printJson, tell } from "../output.ts";

export interface KeyFlags extends OutputOptions {
  readonly scopes: string;
}

/** Makes a key: the one moment at which it is shown. */
export async function makeKey(name: string, { scopes, json }: KeyFlags): Promise<void> {
  if (!/^[\w.-]+$/.test(name))
    throw refuseUsage("expected the name to be of letters, digits, _ . and -, got another");
  const wanted = scopes.split(/[+,]/);
  const unknown = wanted.find((scope) => !SCOPES.some((known) => known === scope));
  if (unknown !== undefined)
    throw refuseUsage(`expected --scopes to be of ${SCOPES.join("+")}, got ${JSON.stringify(scopes)}`);
  const key = `omniq_${randomBytes(32).toString("base64url")}`;
  const digest = await sha256(key);
  const entry = `${name}:${wanted.join("+")}:${digest}`;
  parseKeys(entry);
  if (json === true) return printJson({ name, scopes: wanted, key, digest, entry });
  print(`${colours.dim("key (shown this once) ")} ${colours.bold(key)}`);
  print(`${colours.dim("entry for OMNIQ_KEYS  ")} ${entry}`);
  tell(`
Give the server the entry, after a comma where OMNIQ_KEYS has others:
  npx wrangler secret put OMNIQ_KEYS
and whoever calls it the key, as OMNIQ_KEY.`);
}
