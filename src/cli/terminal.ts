import { setTimeout } from "node:timers/promises";

/** Waits, or not, where the signal aborts. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => {});
}

/** q, Q, Ctrl-C, Ctrl-D. */
const QUIT = new Set([0x71, 0x51, 0x03, 0x04]);

/**
 * Hears of q and of Ctrl-C, which in the terminal's raw mode is a key like others.
 *
 * @returns gives the keyboard back
 */
export function onQuit(quit: () => void): () => void {
  const { stdin } = process;
  if (stdin.isTTY !== true) return () => {};
  const onKeys = (keys: Buffer) => {
    if (keys.some((key) => QUIT.has(key))) quit();
  };
  stdin.setRawMode(true);
  stdin.on("data", onKeys);
  stdin.resume();
  return () => {
    stdin.off("data", onKeys);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
