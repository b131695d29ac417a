/** A loop's bed: it sleeps for a time, or until it is woken. A call while it is awake is not lost. */
export class Waker {
  #wakeWithin = Number.POSITIVE_INFINITY;
  #rouse: ((milliseconds: number) => void) | null = null;

  /** Ends the sleep, or the next one, within so many milliseconds. Defaults to at once. */
  wake(milliseconds = 0): void {
    if (milliseconds >= this.#wakeWithin) return;
    this.#wakeWithin = milliseconds;
    this.#rouse?.(milliseconds);
  }

  /** @param milliseconds at most this long; zero or less returns after a turn of the event loop */
  async sleep(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    this.#rouse = (within) => {
      if (timer !== undefined) clearTimeout(timer);
      // The longest delay that setTimeout takes; the loop only looks around and sleeps again.
      timer = setTimeout(resolve, Math.min(Math.max(0, within), 2 ** 31 - 1));
    };
    this.#rouse(Math.min(milliseconds, this.#wakeWithin));
    await promise;
    this.#rouse = null;
    this.#wakeWithin = Number.POSITIVE_INFINITY;
  }
}
