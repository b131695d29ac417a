/** A caller's key, and when it was used too long ago to count. */
export type Once = { apiKey: string; key: string; expiredBefore: number };

/** The request is the first with its key, or the last one was long enough ago. */
export function isFirst(idempotencyKeys: string): string {
  return `NOT EXISTS (SELECT 1 FROM ${idempotencyKeys} WHERE api_key = :apiKey AND key = :key AND created_at > :expiredBefore)`;
}
