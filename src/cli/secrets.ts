const secrets = new Set<string>();

/** What must not be shown, wherever it comes up: a key, a token, what a URL holds of either. */
export function noteSecrets(...texts: readonly (string | undefined)[]): void {
  // Of the shortest too much would be hidden.
  for (const text of texts) if (text !== undefined && text.length > 3) secrets.add(text);
}

const NAMES = /token|auth|jwt|key|secret|pass/i;

/** The secrets in a URL: its user's password, and what of its query is named like one. */
export function secretsOf(url: string): readonly string[] {
  const [, password = ""] = /^[a-z]+:\/\/[^/@:]*:([^/@]*)@/i.exec(url) ?? [];
  const query = /\?([^#]*)/.exec(url)?.[1] ?? "";
  const named = [...new URLSearchParams(query)].filter(([name]) => NAMES.test(name));
  return [password, ...named.map(([, value]) => value)];
}

/** Messages of a driver may hold the URL that it was given. */
export function hideSecrets(text: string): string {
  return [...secrets].reduce((shown, secret) => shown.replaceAll(secret, "[hidden]"), text);
}
