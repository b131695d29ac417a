import { afterAll, expect, it } from "vitest";
import { SqliteStorage } from "../../src/storage/sqlite.ts";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { NOW, newTask } from "../support/tasks.ts";
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

const id = taskId(3);
const commands = [
  () => call("enqueueMany", [newTask({ id, queue: "a" })], NOW),
  () => call("retry", id, NOW),
  () => call("dequeue", NOW),
];

it("a difference is told as a program that can be pasted into a test", async () => {
  const { driver } = await openLibsql({ url: `file:${folder.path}/queue.db` });
  const lines = await runProgram(commands, new LateStorage(driver)).catch(({ message }) =>
    message.split("\n"),
  );
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
