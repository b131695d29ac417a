import { ConfigError } from "./errors.ts";
import type { TaskOptions } from "./prepare.ts";
import type { TaskContext } from "./registry.ts";
import type { EnqueueReceipt } from "./storage.ts";

/** One task on its way in, before anything of it is checked. */
export interface EnqueueCall {
  /** Which task; it cannot be changed. */
  readonly funcPath: string;
  /** Where it goes, unless a changed `options.queue` says otherwise. */
  readonly queue: string;
  /** The payload, to be stored as `kwargs`. */
  readonly input: unknown;
  /** What the enqueue says, `args` among it. */
  readonly options: TaskOptions;
}

/** One attempt on its way to its handler: the handler's context, and its input. */
export interface RunCall extends TaskContext {
  /** What the handler is given, checked by the definition's schema. */
  readonly input: unknown;
}

/**
 * Code around every enqueue and every run, such as a trace, a tenant's limit or a default of the house.
 *
 * @example
 * const timed: Middleware = {
 *   run: async (call, next) => {
 *     const start = Date.now();
 *     try {
 *       return await next();
 *     } finally {
 *       call.log.info("took", { milliseconds: Date.now() - start });
 *     }
 *   },
 * };
 */
export interface Middleware {
  /**
   * Around each task that is enqueued, those of a batch at the same time, before their one insert.
   *
   * @param next takes the call, changed or not, and is to be called once; its answer is to be returned
   * @returns what `next` gave. What is thrown, before or after, is thrown by the enqueue
   */
  enqueue?(call: EnqueueCall, next: (call: EnqueueCall) => Promise<EnqueueReceipt>): Promise<EnqueueReceipt>;
  /**
   * Around each handler.
   *
   * @param next runs the handler, and is to be called once
   * @returns the task's result. What is thrown counts as thrown by the handler
   */
  run?(call: RunCall, next: () => Promise<unknown>): Promise<unknown>;
}

/** @param refuse told of a call too many as it comes, so that nothing is inserted that is not yet under way */
type EnqueueHook = (
  call: EnqueueCall,
  next: (call: EnqueueCall) => Promise<EnqueueReceipt>,
  refuse: (error: ConfigError) => void,
) => Promise<EnqueueReceipt>;
type RunHook = NonNullable<Middleware["run"]>;

/** All the middleware of a queue as one; null where none has anything to say. */
export interface Composed {
  readonly enqueue: EnqueueHook | null;
  readonly run: RunHook | null;
}

/** @param middleware the first is the outermost */
export function composeMiddleware(middleware: readonly Middleware[] = []): Composed {
  let enqueue: EnqueueHook | null = null;
  let run: RunHook | null = null;
  for (const outer of middleware.toReversed()) {
    if (outer.enqueue !== undefined) enqueue = aroundEnqueue(outer, enqueue);
    if (outer.run !== undefined) run = aroundRun(outer, run);
  }
  return { enqueue, run };
}

function aroundEnqueue(outer: Middleware, inner: EnqueueHook | null): EnqueueHook {
  return async (call, next, refuse) => {
    const onward = once("enqueue", refuse, (changed: EnqueueCall) =>
      inner === null ? next(changed) : inner(changed, next, refuse),
    );
    return outer.enqueue === undefined ? onward(call) : outer.enqueue(call, onward);
  };
}

function aroundRun(outer: Middleware, inner: RunHook | null): RunHook {
  return async (call, next) => {
    const onward = once(
      "run",
      () => {},
      () => (inner === null ? next() : inner(call, next)),
    );
    return outer.run === undefined ? onward() : outer.run(call, onward);
  };
}

/** Refuses the second call before anything comes of it, in what lies within too. */
function once<Arguments extends readonly unknown[], T>(
  hook: "enqueue" | "run",
  refuse: (error: ConfigError) => void,
  next: (...given: Arguments) => Promise<T>,
): (...given: Arguments) => Promise<T> {
  let isCalled = false;
  return async (...given) => {
    if (isCalled) {
      const error = misused(hook, "two");
      refuse(error);
      throw error;
    }
    isCalled = true;
    return next(...given);
  };
}

/**
 * Takes calls through the middleware, each by itself, and inserts what comes out of it together.
 *
 * @param insert gets the calls as the middleware left them, in order
 * @param receiptsOf tells from its answer what each call is told
 * @returns what `insert` gave
 * @throws {ConfigError} where a middleware did not call `next`, so that nothing is inserted, or called it twice: the second call is refused, and inserts nothing
 */
export async function enqueueThrough<T>(
  hook: EnqueueHook,
  calls: readonly EnqueueCall[],
  insert: (calls: readonly EnqueueCall[]) => Promise<T>,
  receiptsOf: (answer: T) => readonly EnqueueReceipt[],
): Promise<T> {
  if (calls.length === 0) return insert(calls);
  const gate = Promise.withResolvers<T>();
  // Whoever waits at the gate hears of it too.
  gate.promise.catch(() => {});
  const arrived: EnqueueCall[] = [];
  let missing = calls.length;
  let hasFailed = false;
  const fail = (error: unknown) => {
    hasFailed = true;
    gate.reject(error);
  };
  const arrive = async (index: number, call: EnqueueCall): Promise<EnqueueReceipt> => {
    arrived[index] = call;
    missing -= 1;
    // A turn later: who calls next twice at once is refused before.
    if (missing === 0) queueMicrotask(() => hasFailed || insert(arrived).then(gate.resolve, fail));
    const receipt = receiptsOf(await gate.promise)[index];
    if (receipt === undefined) throw new TypeError(`expected a receipt for call ${index}, got none`);
    return receipt;
  };
  const running = calls.map(async (call, index) => {
    await hook(call, (changed) => arrive(index, changed), fail);
    if (arrived[index] === undefined) throw misused("enqueue", "none");
  });
  // The first to fail fails all; the others are let go.
  for (const one of running) one.catch(fail);
  await Promise.all(running);
  return gate.promise;
}

function misused(hook: "enqueue" | "run", got: string): ConfigError {
  return new ConfigError("middleware", `${hook} to call next once for each task`, `${got} calls`);
}
