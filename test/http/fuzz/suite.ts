import { describe, expect, it } from "vitest";
import type { Front } from "./front.ts";
import { fuzz, injectEverywhere } from "./fuzz.ts";
import { fuzzValues } from "./values.ts";

/** What the environment may say. */
export interface Variables {
  /** Defaults to the same for every run. */
  readonly FUZZ_SEED?: string | undefined;
  /** Defaults to what fits in a few seconds. */
  readonly FUZZ_REQUESTS?: string | undefined;
}

const SEED = 20_261_124;
const REQUESTS = 1_500;
/** Most milliseconds that one request takes, with all that is read back, on a busy machine. */
const PATIENCE = 50;
/** To find the shortest request that goes wrong. */
const SHRINKING = 120_000;

/** Random requests to the API over one database. */
export function itHolds(
  name: string,
  open: () => Promise<Front>,
  { FUZZ_SEED = `${SEED}`, FUZZ_REQUESTS }: Variables,
): void {
  const [seed, requests] = [Number(FUZZ_SEED), Number(FUZZ_REQUESTS ?? REQUESTS)];
  const values = Math.ceil(requests / 10);
  describe(`the front door, on ${name}`, () => {
    it(`answers ${requests} requests as it should, and what it stores comes back equal`, {
      timeout: SHRINKING + requests * PATIENCE,
    }, async () => {
      const start = performance.now();
      const front = await open();
      const tally = await fuzz(front, { seed, requests });
      // A fuzz that gets nowhere would prove nothing.
      for (const status of [200, 201, 400, 401, 403, 404, 405, 409, 415])
        expect(tally.count(status), `answers of ${status}`).toBeGreaterThan(requests / 1_000);
      expect(tally.compared).toBeGreaterThan(requests / 10);
      expect(front.log.lines).toBeGreaterThan(tally.compared);
      const seconds = Math.round((performance.now() - start) / 1_000);
      if (FUZZ_REQUESTS !== undefined) {
        const found = `0 answers of 500 or more, 0 differences in ${tally.compared} round trips`;
        const logged = `0 secrets in ${front.log.lines} lines of log`;
        console.log(`${name}, seed ${seed}: ${found}, ${logged}, ${seconds} s\n${tally}`);
      }
    });

    it("keeps what code enqueues and what handlers return, or refuses it", {
      timeout: SHRINKING + values * PATIENCE,
    }, async () => {
      const kept = await fuzzValues(await open(), { seed, values });
      expect(kept).toBeGreaterThan(values / 4);
    });

    it("takes SQL for a value, wherever a text can be given", { timeout: SHRINKING }, async () => {
      const tally = await injectEverywhere(await open());
      expect(tally.count(201)).toBeGreaterThan(100);
      expect(tally.count(400)).toBeGreaterThan(100);
    });
  });
}
