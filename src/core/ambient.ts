/** The world outside: the one place where the engine reads the clock or rolls dice. Every use can be given another. */
export const AMBIENT = {
  now: (): number => Date.now(),
  /** Runs on evenly when somebody sets the machine's clock; after the machine has slept it is behind. */
  steady: (): number => performance.timeOrigin + performance.now(),
  random: (): number => Math.random(),
  sleep: (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds)),
} as const;
