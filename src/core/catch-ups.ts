/**
 * What becomes of firings that no worker was there for.
 *
 * - `skip`: none is made up for that is more than a minute late.
 * - `last`: the latest of them is.
 * - `all`: each of them is, up to a bound.
 */
export const CATCH_UPS = ["skip", "last", "all"] as const;
export type CatchUp = (typeof CATCH_UPS)[number];
