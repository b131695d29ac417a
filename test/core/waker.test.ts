import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Waker } from "../../src/core/waker.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Sleeps, and tells when it has woken. */
function sleeping(waker: Waker, milliseconds: number) {
  const state = { awake: false };
  void waker.sleep(milliseconds).then(() => {
    state.awake = true;
  });
  return state;
}

describe("a waker", () => {
  it("sleeps for its time", async () => {
    const sleep = sleeping(new Waker(), 100);
    await vi.advanceTimersByTimeAsync(99);
    expect(sleep.awake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(sleep.awake).toBe(true);
  });

  it("is woken at once", async () => {
    const waker = new Waker();
    const sleep = sleeping(waker, 100_000);
    await vi.advanceTimersByTimeAsync(10);
    waker.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(sleep.awake).toBe(true);
  });

  it("is woken within a time, and a later call can only hasten it", async () => {
    const waker = new Waker();
    const sleep = sleeping(waker, 100_000);
    waker.wake(50);
    waker.wake(80);
    await vi.advanceTimersByTimeAsync(49);
    expect(sleep.awake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(sleep.awake).toBe(true);
  });

  it("does not lose a call that comes while it is awake", async () => {
    const waker = new Waker();
    waker.wake();
    const sleep = sleeping(waker, 100_000);
    await vi.advanceTimersByTimeAsync(0);
    expect(sleep.awake).toBe(true);
  });

  it("forgets a call once it has woken by it", async () => {
    const waker = new Waker();
    waker.wake();
    sleeping(waker, 100_000);
    await vi.advanceTimersByTimeAsync(0);
    const second = sleeping(waker, 100);
    await vi.advanceTimersByTimeAsync(99);
    expect(second.awake).toBe(false);
  });

  for (const milliseconds of [0, -1, Number.NEGATIVE_INFINITY]) {
    it(`a sleep of ${milliseconds} ms is a turn of the event loop`, async () => {
      const sleep = sleeping(new Waker(), milliseconds);
      await Promise.resolve();
      expect(sleep.awake).toBe(false);
      await vi.advanceTimersByTimeAsync(0);
      expect(sleep.awake).toBe(true);
    });
  }

  it("sleeps for ever, which setTimeout would take for no time at all", async () => {
    const sleep = sleeping(new Waker(), Number.POSITIVE_INFINITY);
    await vi.advanceTimersByTimeAsync(60 * 60_000);
    expect(sleep.awake).toBe(false);
  });

  it("leaves no timer behind once it has woken", async () => {
    const waker = new Waker();
    sleeping(waker, 100_000);
    waker.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
