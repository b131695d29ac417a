import { V7Generator } from "uuidv7";

/** How far ahead of the clock the time inside an id may be, in milliseconds: purging relies on it. */
export const ID_AHEAD = 5 * 60_000;

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let generator: V7Generator | undefined;

/** A UUIDv7 of the moment; within an isolate each is greater than the one before. Source: RFC 9562, section 6.2. */
export function newId(now: number): string {
  // Made at the first use: a Worker may not ask for random numbers while it starts.
  generator ??= new V7Generator();
  return generator.generateOrResetCore(now, ID_AHEAD).toString();
}

/** True for a UUIDv7 in lower case. */
export function isId(text: string): boolean {
  return UUID_V7.test(text);
}

/** The milliseconds since the epoch that a UUIDv7 carries. Source: RFC 9562, section 5.7. */
export function idTime(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/**
 * A UUIDv7 with the time of another, whose random bits are those of a digest.
 *
 * @param digest at least 20 hexadecimal digits
 */
export function derivedId(id: string, digest: string): string {
  const variant = "89ab"[Number.parseInt(digest.slice(3, 4), 16) % 4];
  return `${id.slice(0, 14)}7${digest.slice(0, 3)}-${variant}${digest.slice(4, 7)}-${digest.slice(7, 19)}`;
}

/** The smallest UUIDv7 of a moment, as text that ids compare with. */
export function firstIdAt(instant: number): string {
  const hex = Math.max(0, instant).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
