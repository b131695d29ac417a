import type { Claim } from "../core/task.ts";

/** Those of the claims that the rows tell of. One task may be there twice, for two of its attempts. */
export function findIn<C extends Claim>(rows: readonly Claim[], claims: readonly C[]): C[] {
  const keys = new Set(rows.map(toKey));
  return claims.filter((claim) => keys.has(toKey(claim)));
}

function toKey({ id, attempts }: Claim): string {
  return `${id} ${attempts}`;
}
