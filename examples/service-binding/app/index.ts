import { connect } from "omniq/client";
import type { Jobs } from "../queue/index.ts";
import type { tasks } from "../queue/tasks.ts";

interface Env {
  readonly JOBS: Service<typeof Jobs>;
}

/** Holds no SQL and no key: the types of the queue's tasks are all it imports of them. */
export default {
  async fetch(request, env) {
    const jobs = connect<typeof tasks>(env.JOBS);
    const name = new URL(request.url).searchParams.get("name") ?? "Ada";
    const { id } = await jobs.enqueue("greet", { name });
    const ended = await jobs.result(id, { wait: "10s" });
    return Response.json(ended, { status: ended === null ? 202 : 200 });
  },
} satisfies ExportedHandler<Env>;
