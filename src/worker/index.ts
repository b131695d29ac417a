export { type Config, type OmniqEnv, parseConfig } from "../runtime/config.ts";
export { createWorker, type OmniqWorker, type WorkerOptions } from "./worker.ts";
