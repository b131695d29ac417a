/** A process of its own that runs tasks. Its one argument says how, as JSON; what happens it tells by lines on its output. */
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { defineTask } from "../../src/core/registry.ts";
import { createRunner } from "../../src/node/runner.ts";
import { type LibsqlOptions, libsqlDriver } from "../../src/storage/libsql.ts";
import { SqliteStorage } from "../../src/storage/sqlite.ts";

export interface WorkerSettings extends Pick<LibsqlOptions, "url" | "syncUrl" | "migrate"> {
  readonly concurrency?: number;
  readonly grace?: number;
  readonly signals?: boolean;
  /** Takes a line with the id of each task that `test.note` runs. */
  readonly notes?: string;
  /** Polls find nothing: only a wake-up leads to a claim. */
  readonly blind?: boolean;
  /** The database of a second runner, which has no tasks. */
  readonly beside?: string;
  /** Stops by itself after so many tasks, or after so many failures of the database. */
  readonly stopAfter?: { readonly tasks?: number; readonly failures?: number };
  /** So many lines are its last, written at once when its runner has stopped. */
  readonly lastLines?: number;
}

/** Its polls tell that nothing waits. */
class BlindStorage extends SqliteStorage {
  override async findNextEta(): Promise<null> {
    return null;
  }
}

const settings: WorkerSettings = JSON.parse(process.argv[2] ?? "{}");
const tell = (event: string, id?: string) => console.log(JSON.stringify({ event, id }));

const note = defineTask<{ ms?: number }>("test.note", {
  run: async ({ ms = 0 }, { task }) => {
    tell("started", task.id);
    if (settings.notes !== undefined) appendFileSync(settings.notes, `${task.id}\n`);
    if (ms > 0) await sleep(ms);
    return { by: process.pid };
  },
});

const noop = defineTask("test.noop", { run: () => null });

/** Runs until it is aborted; `deaf` goes on even then. */
const endless = defineTask<{ deaf?: boolean }>("test.endless", {
  timeout: "1h",
  run: async ({ deaf = false }, { task, signal }) => {
    tell("started", task.id);
    await sleep(3_600_000, undefined, deaf ? {} : { signal });
  },
});

const driver = libsqlDriver(settings);
const Storage = settings.blind === true ? BlindStorage : SqliteStorage;
const { stopAfter = {} } = settings;
let ended = 0;
let failures = 0;

const runner = createRunner({
  storage: new Storage(driver),
  tasks: [note, noop, endless],
  concurrency: settings.concurrency,
  grace: settings.grace,
  signals: settings.signals,
  onEvent: ({ type }) => {
    if (type === "storage.failed") tell("failed");
    if (type === "storage.failed") failures += 1;
    if (type === "task.succeeded") ended += 1;
    if (ended === stopAfter.tasks || failures === stopAfter.failures) void runner.stop();
  },
});

if (settings.beside !== undefined) {
  void createRunner({ storage: new SqliteStorage(libsqlDriver({ url: settings.beside })), tasks: [] }).run();
}
const running = runner.run();
// From now on it listens to signals.
tell("running");
await running;
for (let line = 0; line < (settings.lastLines ?? 0); line++) tell("last");
const maxRss = process.resourceUsage().maxRSS * 1024;
const timers = process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
console.log(JSON.stringify({ event: "stopped", maxRss, timers }));
