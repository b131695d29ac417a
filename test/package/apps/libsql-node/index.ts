import { defineTask } from "omniq";
import { libsqlStorage } from "omniq/libsql";
import { createRunner } from "omniq/node";
import { createTestQueue } from "omniq/testing";

const greet = defineTask<{ name: string }>("greet", { run: ({ name }) => `hello ${name}` });

const test = await createTestQueue({ tasks: [greet] });
await test.queue.enqueue(greet, { name: "memory" });
const { succeeded } = await test.drain();

const log = { debug() {}, info() {}, warn() {}, error() {} };
const runner = createRunner({ storage: libsqlStorage({ url: "file:queue.db" }), tasks: [greet], log });
await runner.queue.storage.initialize();
const running = runner.run();
const { id } = await runner.queue.enqueue(greet, { name: "libSQL" });
const ended = await runner.queue.result(id, { wait: "20s" });
await runner.stop();
await running;
console.log(JSON.stringify({ succeeded, result: ended?.result }));
