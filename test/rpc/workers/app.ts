import {
  connect,
  createClient,
  enqueueRequest,
  OmniqError,
  type Producer,
} from "../../../src/client/index.ts";
import type { Jobs, tasks } from "./jobs.ts";
import { add } from "./tasks.ts";

interface Env {
  readonly QUEUE: Service<typeof Jobs>;
  /** The other Worker's HTTP API. */
  readonly API: Fetcher;
  /** Bound to what is no queue, as by a mistake in the configuration. */
  readonly SELF: Fetcher;
}

/** A verb of the queue, and what it is called with. */
export interface Asked {
  readonly verb:
    | keyof Producer
    | "direct"
    | "definition"
    | "http"
    | "unserializable"
    | "missing"
    | "unbound"
    | "abort";
  readonly given: readonly unknown[];
}

/** An app of its own, which does what it is asked to by its binding alone, and says what came of it. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { verb, given } = await request.json<Asked>();
    try {
      return Response.json({ answer: await act(env, verb, given) });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const isOurs = error instanceof OmniqError;
      return Response.json({ error: { ...error, isOurs, name: error.name, message: error.message } });
    }
  },
};

async function act(
  { QUEUE, API, SELF }: Env,
  verb: Asked["verb"],
  given: readonly unknown[],
): Promise<unknown> {
  const queue = connect<typeof tasks>(QUEUE);
  const binding: object = QUEUE;
  switch (verb) {
    case "direct":
      return Reflect.apply(Reflect.get(binding, `${given[0]}`), binding, given.slice(1));
    case "definition": {
      const [first, second] = [await queue.enqueue(add, { a: 1, b: 2 }), enqueueRequest(add, { a: 3, b: 4 })];
      const [receipt] = await queue.enqueueMany([second]);
      return [
        await queue.result(first.id, { wait: "20s" }),
        await queue.result(receipt?.id ?? "", { wait: "20s" }),
      ];
    }
    case "http": {
      const client = createClient<typeof tasks>({
        url: "https://jobs.internal",
        fetch: (url, init) => API.fetch(url, init),
      });
      // The platform's own is refused where it is called as a method of another object.
      const outward = createClient({ url: "http://127.0.0.1:1", fetch, retries: 0 });
      const failed = await outward.health().catch((error: unknown) => error);
      if (`${failed}`.includes("Illegal invocation")) throw failed;
      const { id } = await client.enqueue("math.add", { a: 1, b: 2 });
      return client.result(id, { wait: "20s" });
    }
    case "missing":
      return connect(SELF).task(`${given[0]}`);
    case "unbound":
      return connect(Reflect.get({}, "QUEUE"));
    case "unserializable":
      return queue.enqueueMany([{ funcPath: "math.add", kwargs: { a: Number.NaN, b: 2 } }]);
    case "abort": {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error("enough")), 50);
      return queue.result(`${given[0]}`, { wait: "1m", signal: controller.signal });
    }
    default:
      return Reflect.apply(queue[verb], queue, given);
  }
}

/** What is compiled, and never called: a call that its types forbid. */
export async function misuse({ QUEUE }: Env): Promise<void> {
  const queue = connect<typeof tasks>(QUEUE);
  const { id } = await queue.enqueue("math.add", { a: 1, b: 2 });
  const ended = await queue.result(id);
  if (ended?.status === "SUCCESS") ended.result.sum.toFixed();
  await QUEUE.enqueue("math.add", { a: 1, b: 2 });
  // @ts-expect-error: b is missing
  await queue.enqueue("math.add", { a: 1 });
  // @ts-expect-error: no such task
  await queue.enqueue("math.sub", { a: 1, b: 2 });
}
