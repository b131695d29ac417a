/** A process of its own that enqueues: the database, how many tasks of which name, and their payload as JSON. */
import { enqueueRequest } from "../../src/core/prepare.ts";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { libsqlStorage } from "../../src/storage/libsql.ts";

const [url = "", name = "", count = "1", payload = "{}"] = process.argv.slice(2);
const queue = createQueue({ storage: libsqlStorage({ url, migrate: false }) });
const task = defineTask<object>(name, { run: () => null });
const input: object = JSON.parse(payload);
await queue.enqueueMany(Array.from({ length: Number(count) }, () => enqueueRequest(task, input)));
