import type { D1Database } from "@cloudflare/workers-types";
import { intercepted, type Sent } from "./intercept.ts";
import { checkAnswer, checkStatement, LIMITS, type Limits, MESSAGES } from "./production.ts";

export interface InvocationOptions extends Partial<Limits> {
  /** How long the database takes for a call, in milliseconds, and what else happens meanwhile. Defaults to no time. */
  readonly delay?: (statements: readonly Sent[]) => number;
}

const NEVER = new Promise<never>(() => {});

/** One invocation of a Worker as the platform runs it: what it asks of D1 is counted and bounded, and it can be ended. */
export class Invocation {
  readonly #limits: Limits;
  readonly #delay: (statements: readonly Sent[]) => number;
  readonly #promises: Promise<unknown>[] = [];
  readonly #turns: (() => void)[] = [];
  readonly #gone = Promise.withResolvers<void>();
  #finished: Promise<void> = Promise.resolve();
  #queries = 0;
  #connections = 0;
  #isOver = false;

  constructor({ delay = () => 0, ...limits }: InvocationOptions = {}) {
    this.#limits = { ...LIMITS, ...limits };
    this.#delay = delay;
  }

  /** Queries it has sent so far, those that were refused included. */
  get queries(): number {
    return this.#queries;
  }

  /** Resolves when the platform has ended it: what it still does from then on reaches nobody. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  readonly context = {
    waitUntil: (promise: Promise<unknown>) => void this.#promises.push(promise),
    passThroughOnException: () => {},
    props: {},
  };

  /** The bindings as this invocation has them. */
  env<Env extends object>(bindings: Env): Env {
    const limited = Object.entries(bindings).map(([name, value]) => [
      name,
      isDatabase(value) ? intercepted(value, (statements, send) => this.#pass(statements, send)) : value,
    ]);
    return { ...bindings, ...Object.fromEntries(limited) };
  }

  /** The response is on its way: what was left to `waitUntil` has so many milliseconds, and then all is over. */
  closeIn(milliseconds: number): void {
    const timer = setTimeout(() => this.end(), milliseconds);
    this.#finished = this.#goOn().finally(() => {
      clearTimeout(timer);
      this.end();
    });
    // Who waits for it hears of the error; nobody has to.
    this.#finished.catch(() => {});
  }

  /** Ends it at once: nothing it sends afterwards arrives, and nothing it waits for answers. */
  end(): void {
    this.#isOver = true;
    this.#gone.resolve();
  }

  /** Waits for the end of what was left to `waitUntil`, whoever ends it. */
  finished(): Promise<void> {
    return this.#finished;
  }

  async #goOn(): Promise<void> {
    while (this.#promises.length > 0 && !this.#isOver) {
      await Promise.race([Promise.all(this.#promises.splice(0)), this.gone]);
    }
  }

  async #pass<T>(statements: readonly Sent[], send: () => Promise<T>): Promise<T> {
    if (this.#isOver) return NEVER;
    this.#queries += statements.length;
    if (this.#queries > this.#limits.queries) throw new Error(MESSAGES.queries);
    statements.forEach(checkStatement);
    if (this.#connections === this.#limits.connections) await new Promise<void>((go) => this.#turns.push(go));
    else this.#connections += 1;
    try {
      await this.#takeTime(this.#delay(statements));
      if (this.#isOver) return NEVER;
      const answer = await send();
      if (this.#isOver) return NEVER;
      checkAnswer(answer);
      return answer;
    } finally {
      const next = this.#turns.shift();
      if (next === undefined) this.#connections -= 1;
      else next();
    }
  }

  async #takeTime(milliseconds: number): Promise<void> {
    if (milliseconds === 0) return;
    const { queryTime } = this.#limits;
    await new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, queryTime)));
    if (milliseconds > queryTime) throw new Error(MESSAGES.queryTime);
  }
}

function isDatabase(value: unknown): value is D1Database {
  return typeof value === "object" && value !== null && "prepare" in value && "withSession" in value;
}
