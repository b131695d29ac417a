/** A process of its own that runs tasks, and keeps a journal. Its one argument says how, as JSON. */
import { createRunner } from "../../../src/node/runner.ts";
import { consoleLogger } from "../../../src/runtime/log.ts";
import { libsqlDriver } from "../../../src/storage/libsql.ts";
import { RecordedStorage, Recorder } from "../recorder.ts";
import { chaosTask } from "../workload.ts";
import { machineClock, openJournal } from "./journal.ts";
import { poisonPill } from "./pill.ts";

export interface WorkerSettings {
  /** Its name in the history. */
  readonly name: string;
  readonly url: string;
  readonly journal: string;
  /** See {@link machineClock}. */
  readonly offset: number;
  /** In milliseconds. */
  readonly lease: number;
}

const { name, url, journal, offset, lease }: WorkerSettings = JSON.parse(process.argv[2] ?? "{}");
const recorder = new Recorder(name, openJournal(journal), machineClock(offset));
const runner = createRunner({
  storage: new RecordedStorage(libsqlDriver({ url, migrate: false, requestTimeout: lease / 2 }), recorder),
  tasks: [chaosTask(recorder), poisonPill(recorder)],
  concurrency: 10,
  lease,
  grace: 1_000,
  log: consoleLogger("error"),
});
await runner.run();
