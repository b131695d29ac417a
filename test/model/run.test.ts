import { afterAll, expect, it } from "vitest";
import { SqliteStorage } from "../../src/storage/sqlite.ts";
import { TestDatabase } from "../support/database.ts";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { NOW, newTask } from "../support/tasks.ts";
import { explore } from "./explore.ts";
import { runProgram } from "./run.ts";
import { taskId } from "./source.ts";
import { call } from "./step.ts";

const folder = await temporaryFolder();
afterAll(() => folder.remove());

/** Takes a task for due a millisecond late. */
class LateStorage extends SqliteStorage {
  override dequeue(now: number) {
    return super.dequeue(now - 1);
  }
}

class LateDatabase extends TestDatabase {
  override storage() {
    return new LateStorage(this.driver);
  }
}

async function openLate(): Promise<LateDatabase> {
  const { driver } = await openLibsql({ url: `file:${folder.path}/queue.db` });
  return new LateDatabase(driver);
}

const id = taskId(3);
const commands = [
  () => call("enqueueMany", [newTask({ id, queue: "a" })], NOW),
  () => call("retry", id, NOW),
  () => call("dequeue", NOW),
];

it("a difference is told as a program that can be pasted into a test", async () => {
  const storage = (await openLate()).storage();
  const lines = await runProgram(commands, storage).catch(({ message }) => message.split("\n"));
  expect(lines).toEqual([
    `const task3 = "${id}";`,
    'await storage.enqueueMany([newTask({ id: task3, queue: "a" })], NOW);',
    "await storage.retry(task3, NOW).catch(() => null); // wrong_status",
    "// It answers null",
    expect.stringMatching(
      /^expect\(await storage.dequeue\(NOW\)\).toMatchObject\(\{ .*attempts: 1, eta: NOW, .*\}\);$/,
    ),
  ]);
});

it("random programs find a difference, and it is told as the shortest that shows it", async () => {
  // A seed that comes to it by a plain task: shortening takes away what a program does, not what its tasks say.
  const search = explore(await openLate(), { seed: 5, programs: 100 });
  const lines = await search.catch(({ message }) => message.trim().split("\n"));
  expect(lines).toEqual([
    expect.stringMatching(/^program \d+ of MODEL_SEED=5 shows a difference; shortened, it is:$/),
    "",
    expect.stringMatching(/^const task0 = /),
    'await storage.enqueueMany([newTask({ id: task0, queue: "a" })], NOW);',
    "// It answers null",
    expect.stringMatching(/^expect\(await storage.dequeue\(NOW\)\).toMatchObject/),
  ]);
});
