/** D1 inside workerd, served by wrangler on the loopback: local, without an account. */
import { fileURLToPath } from "node:url";
import type { Costs } from "./figures.ts";
import type { Target } from "./target.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

export interface D1Target extends Target {
  /** Where the Worker listens. */
  readonly url: URL;
  measureCost(): Promise<Costs>;
}

export async function openD1(): Promise<D1Target> {
  Object.assign(process.env, { WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" });
  // Not before these are set, since wrangler reads them as it loads.
  const { createTestHarness } = await import("wrangler");
  const harness = createTestHarness({ root: ROOT, workers: [{ configPath: "bench/wrangler.toml" }] });
  const { url } = await harness.listen();
  await harness.getWorker().applyD1Migrations("DB");
  const post = async (path: string, body: unknown) => {
    const response = await fetch(new URL(path, url), { method: "POST", body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`the Worker answered ${response.status}: ${text.slice(0, 1_000)}`);
    return JSON.parse(text);
  };
  return {
    name: "d1",
    url,
    async step(step) {
      // While the other database was measured the server may have closed the connection that fetch would take again.
      await fetch(url).catch(() => {});
      const start = performance.now();
      const answer = await post("/bench/step", step);
      return { ...answer, milliseconds: performance.now() - start };
    },
    measureCost: () => post("/bench/cost", {}),
    close: () => harness.close(),
  };
}
