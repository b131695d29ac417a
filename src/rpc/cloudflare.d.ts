/**
 * What we use of the module. The types of the whole platform would take the place of Node's in all of this code; where the package is
 * used, its user has them.
 */
declare module "cloudflare:workers" {
  export abstract class WorkerEntrypoint<Env = unknown> {
    protected ctx: { waitUntil(promise: Promise<unknown>): void };
    protected env: Env;
    constructor(ctx: WorkerEntrypoint<Env>["ctx"], env: Env);
  }
}
