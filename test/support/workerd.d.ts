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

/** What tests use of it: the types of Node itself would make the Worker's code seem to have all of Node. */
declare module "node:process" {
  type Listener = (reason: unknown) => void;
  const process: {
    listeners(event: "unhandledRejection"): Listener[];
    removeAllListeners(event: "unhandledRejection"): void;
    on(event: "unhandledRejection", listener: Listener): void;
  };
  export default process;
}
