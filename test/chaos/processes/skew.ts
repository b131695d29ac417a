/** Loaded before a worker: its machine's clock is off by so many milliseconds. */
const skew = Number(process.env.CHAOS_SKEW ?? 0);
const now = Date.now;
Date.now = () => now() + skew;
