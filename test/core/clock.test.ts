import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Clock } from "../../src/core/clock.ts";
import { NOW } from "../support/tasks.ts";

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

/** A database whose clock differs, and which takes its time to answer, before and after it reads its clock. */
function database(offset: number, { before = 0, after = 0 } = {}) {
  const wait = (milliseconds: number) => {
    vi.advanceTimersByTime(milliseconds);
  };
  return {
    queries: 0,
    async readClock() {
      this.queries += 1;
      wait(before);
      const now = Date.now() + offset;
      wait(after);
      return now;
    },
  };
}

describe("the clock of a worker", () => {
  it("is the machine's until it is set", () => {
    expect(new Clock().now()).toBe(NOW);
  });

  for (const offset of [-90_000, 0, 90_000]) {
    it(`is set by the database's, which differs by ${offset} ms`, async () => {
      const clock = new Clock();
      await clock.synchronize(database(offset));
      expect(clock.now()).toBe(NOW + offset);
      vi.advanceTimersByTime(5_000);
      expect(clock.now()).toBe(NOW + 5_000 + offset);
    });
  }

  for (const step of [-3_600_000, 600_000]) {
    it(`goes on evenly where somebody sets the machine's clock by ${step} ms`, async () => {
      const clock = new Clock();
      await clock.synchronize(database(0));
      vi.setSystemTime(NOW + step);
      expect(clock.now()).toBe(NOW);
      vi.advanceTimersByTime(1_000);
      expect(clock.now()).toBe(NOW + 1_000);
    });
  }

  it("asks the database again after a sleep of the machine, which its steady clock did not count", async () => {
    const clock = new Clock();
    const storage = database(90_000);
    await clock.synchronize(storage);
    vi.setSystemTime(NOW + 600_000);
    expect(clock.isInDoubt).toBe(true);
    expect(await clock.read(storage)).toBe(NOW + 690_000);
    expect(clock.isInDoubt).toBe(false);
    expect(await clock.read(storage)).toBe(NOW + 690_000);
    expect(storage.queries).toBe(2);
  });

  for (const step of [-3_600_000, 600_000]) {
    it(`asks the database again, and goes on evenly, where somebody sets the machine's clock by ${step} ms`, async () => {
      const clock = new Clock();
      await clock.synchronize(database(0));
      vi.setSystemTime(NOW + step);
      const storage = database(-step);
      expect(await clock.read(storage)).toBe(NOW);
      expect(storage.queries).toBe(1);
    });
  }

  it("is not in doubt before it was set, for what the two clocks of a machine differ by at all times, nor where it was injected", async () => {
    expect(new Clock().isInDoubt).toBe(false);
    const [clock, injected, storage] = [new Clock(), new Clock(() => 42), database(0)];
    await clock.synchronize(storage);
    vi.setSystemTime(NOW + 900);
    expect(clock.isInDoubt).toBe(false);
    expect(await clock.read(storage)).toBe(NOW);
    vi.setSystemTime(NOW + 600_000);
    expect(await injected.read(storage)).toBe(42);
    expect(storage.queries).toBe(1);
  });

  it("is no further off than the answer took", async () => {
    for (const timing of [
      { before: 40, after: 0 },
      { before: 0, after: 40 },
      { before: 20, after: 20 },
    ]) {
      const clock = new Clock();
      await clock.synchronize(database(90_000, timing));
      expect(Math.abs(clock.now() - (Date.now() + 90_000))).toBeLessThanOrEqual(40);
    }
  });

  for (const timing of [{ before: 80_000 }, { after: 80_000 }]) {
    it(`that is right already is not put wrong by an answer that took 80 s (${JSON.stringify(timing)})`, async () => {
      const clock = new Clock();
      await clock.synchronize(database(0));
      await clock.synchronize(database(0, timing));
      expect(clock.now()).toBe(Date.now());
    });
  }

  for (const timing of [{ before: 80_000 }, { after: 80_000 }]) {
    it(`is asked for again after an answer that took 80 s (${JSON.stringify(timing)})`, async () => {
      const clock = new Clock();
      const [slow, quick] = [database(90_000, timing), database(90_000)];
      let queries = 0;
      await clock.synchronize({
        readClock: () => {
          queries += 1;
          return (queries === 1 ? slow : quick).readClock();
        },
      });
      expect(queries).toBe(2);
      expect(clock.now()).toBe(Date.now() + 90_000);
    });
  }

  it("of a database that is always slow is asked for three times", async () => {
    const storage = database(90_000, { before: 600 });
    expect(await new Clock().synchronize(storage)).toBe(1_800);
    expect(storage.queries).toBe(3);
  });

  it("follows the database's where the two drift apart", async () => {
    const clock = new Clock();
    for (const offset of [100, 200, 150, -50]) {
      await clock.synchronize(database(offset));
      expect(clock.now()).toBe(Date.now() + offset);
    }
  });

  it("that was injected is taken as the database's own, without a query", async () => {
    const clock = new Clock(() => 42);
    const storage = database(90_000);
    await clock.synchronize(storage);
    expect(clock.now()).toBe(42);
    expect(storage.queries).toBe(0);
  });
});
