import { libsqlStorage } from "omniq/libsql";
import { createRunner } from "omniq/node";
import { greet, tasks } from "./tasks.ts";

const runner = createRunner({ storage: libsqlStorage({ url: "file:jobs.db" }), tasks });
await runner.queue.storage.initialize();

const { id } = await runner.queue.enqueue(greet, { name: "Ada" });
void runner.queue.result(id, { wait: "30s" }).then((ended) => console.log(ended?.result));

// Works until SIGTERM or SIGINT (Ctrl-C), and lets what runs end.
await runner.run();
