/// <reference types="@cloudflare/workers-types" />
/// <reference types="@cloudflare/vitest-plugin/types" />

declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: { default: ExportedHandler };
  }
  interface Env {
    DB: D1Database;
    RESULTS_DB: D1Database;
    MIGRATIONS: import("cloudflare:test").D1Migration[];
    APP_MIGRATIONS: import("cloudflare:test").D1Migration[];
    MODEL_SEED?: string;
    MODEL_PROGRAMS?: string;
    FUZZ_SEED?: string;
    FUZZ_REQUESTS?: string;
  }
}
