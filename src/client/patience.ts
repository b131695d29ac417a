import { OmniqError } from "./errors.ts";

const SECOND = 1_000;
const FIRST_DELAY = SECOND / 4;
const LONGEST_DELAY = 10 * SECOND;
/** A server that asks for more is not waited for: the caller decides. */
const LONGEST_RETRY_AFTER = 60 * SECOND;

/** Statuses that say "not now": of ours, of a proxy's (502, 504), and of Cloudflare's where it does not reach the Worker (520 to 524). */
const TRANSIENT: ReadonlySet<number | null> = new Set([429, 502, 503, 504, 520, 521, 522, 523, 524]);

/** They answer 503 too, and stay until somebody mends the server. */
const LASTING: ReadonlySet<string> = new Set(["schema_missing", "migration_failed", "invalid_config"]);

/**
 * How long to wait before a call is sent again; null where it is not to be.
 *
 * @param tries how often it was sent
 * @param random from 0 to 1
 */
export function delayBefore(error: unknown, tries: number, random: number): number | null {
  if (!(error instanceof OmniqError) || !isTransient(error)) return null;
  const { retryAfter } = error;
  if (retryAfter !== null && retryAfter > LONGEST_RETRY_AFTER) return null;
  // Half of it is chance, so that clients that failed together do not come back together.
  const backoff = Math.min(FIRST_DELAY * 2 ** (tries - 1), LONGEST_DELAY) * (0.5 + random / 2);
  return (retryAfter ?? 0) + backoff;
}

function isTransient({ code, status }: OmniqError): boolean {
  if (code === "network_error" || code === "request_timeout") return true;
  return TRANSIENT.has(status) && !LASTING.has(code);
}

/** Whether the server surely did nothing, so that what must not be done twice may be sent again. */
export function isUntouched(error: unknown): boolean {
  return error instanceof OmniqError && error.status === 429;
}

/** Reads a `Retry-After`: seconds, or a date. Source: RFC 9110, section 10.2.3. */
export function readRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  const wait = /^\d+$/.test(header) ? Number(header) * SECOND : Date.parse(header) - now;
  return Number.isNaN(wait) ? null : Math.max(0, wait);
}

/** Waits. @throws the signal's reason where that aborts */
export async function sleep(duration: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, duration);
  await raceAbort(promise, signal).finally(() => clearTimeout(timer));
}

/** What the promise gives, unless the signal aborts first. @throws its reason */
export async function raceAbort<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
    // Whichever came second must not be taken for an error that nobody heard of.
    promise.catch(() => {});
  }
}
