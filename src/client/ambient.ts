import { sleep } from "./patience.ts";

/** What a client takes from its platform besides `fetch`. */
export interface Ambient {
  /** Milliseconds since whenever, by a clock that is never put back. */
  now(): number;
  /** A number from 0 to 1, exclusive. */
  random(): number;
  /** @throws the signal's reason where that aborts */
  sleep(duration: number, signal?: AbortSignal): Promise<void>;
}

export const AMBIENT: Ambient = { now: () => performance.now(), random: () => Math.random(), sleep };
