import { defineTask, type TaskDefinition } from "../../../src/core/registry.ts";
import type { JsonObject } from "../../../src/core/task.ts";
import type { Recorder } from "../recorder.ts";

/** A task that kills the process that runs it. */
export function poisonPill(recorder: Recorder): TaskDefinition<JsonObject> {
  return defineTask("chaos.pill", {
    run: async (_, { task }) => {
      recorder.started(task);
      process.kill(process.pid, "SIGKILL");
      await new Promise(() => {});
    },
  });
}
