import { describe, expect, it } from "vitest";
import { Poller, type PollerOptions } from "../../src/core/poller.ts";

const POLL = { min: 100, max: 1_000 };

/** A poller over a queue whose next eta the test decides. */
function polling(options: PollerOptions = { poll: POLL }) {
  const queue = { eta: null as number | null, peeks: 0 };
  const poller = new Poller(
    {
      async findNextEta() {
        queue.peeks += 1;
        return queue.eta;
      },
    },
    options,
  );
  return { queue, poller };
}

/** A claim that was asked for `asked` tasks and got `got`. */
async function claim(poller: Poller, now: number, asked: number, got: number, lingers = true) {
  expect(await poller.look(now, 0)).toBe(true);
  poller.noteClaim({ at: now, limit: asked, found: got }, lingers);
}

describe("a poller", () => {
  it("claims at first", async () => {
    const { poller, queue } = polling();
    expect(await poller.look(0, 0)).toBe(true);
    expect(queue.peeks).toBe(0);
  });

  it("claims again at once after a full claim", async () => {
    const { poller, queue } = polling();
    await claim(poller, 10, 5, 5);
    expect(poller.nextAt).toBeLessThanOrEqual(10);
    expect(await poller.look(10, 0)).toBe(true);
    expect(queue.peeks).toBe(0);
  });

  it("asks for the next eta after a short claim, and sleeps until then", async () => {
    const { poller, queue } = polling();
    queue.eta = 60;
    await claim(poller, 10, 5, 2);
    expect(await poller.look(10, 0)).toBe(false);
    expect(queue.peeks).toBe(1);
    expect(poller.nextAt).toBe(60);
    expect(await poller.look(59, 0)).toBe(false);
    expect(queue.peeks).toBe(1);
    expect(await poller.look(60, 0)).toBe(true);
  });

  it("sleeps until the next poll where nothing waits, with a delay that doubles up to its bound", async () => {
    const { poller } = polling();
    await claim(poller, 0, 5, 0);
    let now = 0;
    for (const delay of [100, 200, 400, 800, 1_000, 1_000]) {
      expect(await poller.look(now, 0)).toBe(false);
      expect(poller.nextAt).toBe(now + delay);
      now = poller.nextAt;
    }
  });

  it("begins with the shortest delay again once something was claimed", async () => {
    const { poller, queue } = polling();
    await claim(poller, 0, 5, 0);
    let now = 0;
    for (let poll = 0; poll < 5; poll++) {
      await poller.look(now, 0);
      now = poller.nextAt;
    }
    queue.eta = now;
    await claim(poller, now, 5, 1);
    queue.eta = null;
    await poller.look(now, 0);
    expect(poller.nextAt).toBe(now + 100);
  });

  it("sleeps longer where the query budget asks for it, and not beyond the next eta", async () => {
    const { poller, queue } = polling();
    await claim(poller, 0, 5, 0);
    await poller.look(0, 7_000);
    expect(poller.nextAt).toBe(7_000);
    queue.eta = 9_000;
    await poller.look(7_000, 7_000);
    expect(poller.nextAt).toBe(9_000);
  });

  it("does not claim over and over what is due and may not start", async () => {
    const { poller, queue } = polling();
    queue.eta = 0;
    await claim(poller, 10, 5, 0);
    expect(await poller.look(10, 0)).toBe(false);
    expect(poller.nextAt).toBe(110);
    await claim(poller, 110, 5, 0);
    expect(poller.nextAt).toBeGreaterThan(110);
    expect(await poller.look(110, 0)).toBe(false);
    expect(queue.peeks).toBe(1);
  });

  it("claims what came between a claim and its peek", async () => {
    const { poller, queue } = polling();
    await claim(poller, 10, 5, 0);
    queue.eta = 12;
    expect(await poller.look(15, 0)).toBe(true);
  });

  it("is told that something may be due", async () => {
    const { poller } = polling();
    await claim(poller, 0, 5, 0);
    await poller.look(0, 0);
    expect(await poller.look(50, 0)).toBe(false);
    poller.wake();
    expect(await poller.look(50, 0)).toBe(true);
  });

  it("does not lose a call that comes while a claim is under way", async () => {
    const { poller, queue } = polling();
    expect(await poller.look(0, 0)).toBe(true);
    poller.wake();
    poller.noteClaim({ at: 0, limit: 5, found: 0 }, true);
    expect(await poller.look(1, 0)).toBe(true);
    expect(queue.peeks).toBe(0);
  });

  it("is put off after an error", async () => {
    const { poller } = polling();
    poller.postpone(500);
    expect(await poller.look(499, 0)).toBe(false);
    expect(await poller.look(500, 0)).toBe(true);
  });

  it("without a linger claims at its polls and never peeks", async () => {
    const { poller, queue } = polling();
    await claim(poller, 0, 5, 2, false);
    expect(poller.nextAt).toBe(100);
    await claim(poller, 100, 5, 0, false);
    expect(poller.lastClaim).toMatchObject({ at: 100, found: 0 });
    expect(queue.peeks).toBe(0);
  });

  it("polls once a second where it is not told otherwise", async () => {
    const { poller } = polling({});
    await claim(poller, 0, 5, 0);
    await poller.look(0, 0);
    expect(poller.nextAt).toBe(1_000);
  });
});
