/** Requests that are answered by each of the codes that the document declares for a caller's faults. */
import type { CallOptions } from "../../support/http.ts";
import type { Listed } from "./checker.ts";
import { addressOf, type Requests } from "./requests.ts";
import { freshId, type World } from "./world.ts";

/** A request, with what makes it one. */
export interface Fault {
  readonly path: string;
  readonly options?: CallOptions;
  /** Sent before, so that the request meets it. */
  readonly first?: CallOptions;
}

/** No test can bring about at will that others edit a schedule again and again meanwhile. */
export const NOT_AT_WILL: ReadonlySet<string> = new Set(["schedule_changed"]);

/** Older than what is purged: of the year 2020. */
const OLD = "016f5e66-e800-7000-8000-000000000000";

type MakeFault = (requests: Requests, world: World) => Promise<Fault> | Fault;

const FAULTS: Readonly<Record<string, MakeFault>> = {
  invalid_input: (requests) => {
    const { path, options } = exampleOf(requests);
    return { path: `${path}?${encodeURIComponent("no such")}=%ff`, options };
  },
  invalid_json: (requests) => ({ ...exampleOf(requests), options: { raw: "{" } }),
  too_large: (requests) => ({ ...exampleOf(requests), options: { raw: "x".repeat(8 * 1024 * 1024 + 1) } }),
  unsupported_media_type: (requests) => {
    const { path, options } = exampleOf(requests);
    return { path, options: { ...options, headers: { "content-type": "text/plain" } } };
  },
  not_serializable: (requests) => {
    const raw = JSON.stringify(bodyWith(requests, { args: ["huge"] })).replace('"huge"', "1e400");
    return { ...exampleOf(requests), options: { raw } };
  },
  unknown_task: (requests) => withBody(requests, { funcPath: "nobody" }),
  parent_not_found: (requests) => withBody(requests, { after: [freshId()] }),
  unique_conflict: async (requests, world) => {
    if (requests.listed.operation.operationId !== "retryTask") {
      const unique = { uniqueKey: "one", unique: { onConflict: "reject" } };
      const fault = withBody(requests, unique);
      return { ...fault, first: fault.options };
    }
    const id = await world.enqueue({ uniqueKey: "one", delay: "1h" });
    await world.as("admin", "POST", `/v1/tasks/${id}/cancel`);
    await world.enqueue({ uniqueKey: "one", delay: "1h" });
    return withPath(requests, { id });
  },
  id_conflict: (requests) => {
    const id = freshId();
    return { ...withBody(requests, { id }), first: withBody(requests, { id, args: [2] }).options };
  },
  idempotency_conflict: (requests) => {
    const headers = { "idempotency-key": "one" };
    const [first, second] = [{ args: [1] }, { args: [2] }].map((more) => ({
      json: bodyWith(requests, more),
      headers,
    }));
    return { ...exampleOf(requests), first, options: second };
  },
  task_not_found: (requests) => withPath(requests, { id: freshId() }),
  task_purged: async (requests, world) => {
    await world.purge();
    return withPath(requests, { id: OLD });
  },
  wrong_status: (requests, world) => {
    const [ended = "", , , waiting = ""] = world.ids;
    const takesEnded = ["deleteTask", "retryTask"].includes(requests.listed.operation.operationId);
    return withPath(requests, { id: takesEnded ? waiting : ended });
  },
  schedule_exists: (requests, world) => withBody(requests, { name: world.schedules[0] }),
  schedule_not_found: (requests) => withPath(requests, { name: "nowhere" }),
};

export async function makeFault(code: string, requests: Requests, world: World): Promise<Fault> {
  const make = FAULTS[code];
  if (make === undefined) throw new Error(`expected to know how ${code} comes about`);
  return make(requests, world);
}

function exampleOf(requests: Requests): Fault {
  const { path } = requests.valid();
  const { listed, example, body } = requests;
  return {
    path: addressOf(listed.path, { path, query: {} }),
    options: body === undefined ? {} : { json: example },
  };
}

function withPath(requests: Requests, path: Readonly<Record<string, string>>): Fault {
  const { listed } = requests;
  return { ...exampleOf(requests), path: addressOf(listed.path, { path, query: {} }) };
}

function withBody(requests: Requests, more: object): Fault {
  return { ...exampleOf(requests), options: { json: bodyWith(requests, more) } };
}

/** The example with more; of a batch, that in one of its members. */
function bodyWith(
  { example, listed }: { readonly example: Record<string, unknown> | undefined; readonly listed: Listed },
  more: object,
) {
  const isBatch = listed.operation.operationId === "enqueueTasks";
  if (isBatch) return { tasks: [{ funcPath: "contract.echo", ...more }] };
  // Made anew each time.
  const name = "name" in (example ?? {}) ? { name: freshId() } : {};
  return { ...example, ...name, ...more };
}
