/**
 * `node run.ts BLOCK ...`: runs blocks of the docs in the setting, one after the other, and prints `{"file": error or null}` of each
 * on a line. One that makes a Worker is asked whether it is well.
 */
import { pathToFileURL } from "node:url";
import { close, reset } from "./setting.ts";

async function run(file: string): Promise<void> {
  const { default: worker } = await import(pathToFileURL(file).href);
  if (worker?.fetch !== undefined) {
    const response: Response = await worker.fetch(new Request("http://127.0.0.1/healthz"), env, ctx);
    if (!response.ok) throw new Error(`expected the block's Worker to be well, got ${await response.text()}`);
  }
  await reset();
}

console.log("ready");
for (const file of process.argv.slice(2)) {
  const error = await run(file).then(
    () => null,
    (reason: unknown) => (reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)),
  );
  process.stdout.write(`\n${JSON.stringify({ file, error })}\n`);
}
await close();
process.exit();
