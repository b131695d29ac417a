import { availableParallelism } from "node:os";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { appMigrations } from "./test/support/app.ts";

// Keeps the tests off the network: workerd's request.cf would be fetched otherwise.
process.env.CLOUDFLARE_CF_FETCH_ENABLED = "false";

const { MODEL_SEED, MODEL_PROGRAMS, FUZZ_SEED, FUZZ_REQUESTS } = process.env;

/** Migrations of an app with a `tasks` table of its own, and ours among them. */
async function readAppMigrations() {
  const folder = await appMigrations();
  try {
    return await readD1Migrations(folder.path);
  } finally {
    await folder.remove();
  }
}

/** Tests run where the code runs: `*.worker.test.ts` inside workerd on D1, the others in Node on libSQL. */
export default defineConfig({
  test: {
    // One more than there are cores: much of a file's time is waiting for leases, servers and processes.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.worker.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: "./test/support/wrangler.toml" },
            miniflare: {
              bindings: {
                MIGRATIONS: await readD1Migrations("./drizzle"),
                APP_MIGRATIONS: await readAppMigrations(),
                // workerd does not see the environment of the process that starts it.
                ...(MODEL_SEED && { MODEL_SEED }),
                ...(MODEL_PROGRAMS && { MODEL_PROGRAMS }),
                ...(FUZZ_SEED && { FUZZ_SEED }),
                ...(FUZZ_REQUESTS && { FUZZ_REQUESTS }),
              },
              // Whatever a Worker under test fetches is answered here: no test goes out.
              outboundService: (request: Request) => new Response(`${request.method} ${request.url}`),
            },
          })),
        ],
        test: {
          name: "workerd",
          include: ["test/**/*.worker.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
});
