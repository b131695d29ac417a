import type { Engine } from "./engine.ts";
import type { EventListener } from "./events.ts";
import type { Registry } from "./registry.ts";
import { DEFAULT_RETRIES, type RetryRule } from "./retries.ts";
import type { RescueBackoff } from "./storage.ts";
import type { Claim } from "./task.ts";
import type { Outcome } from "./transitions.ts";

/** What is to be known of a task to find what its definition says. */
type Subject = Claim & { readonly funcPath: string };

/** Says by the definition of each task whether, and when, it is tried again. What the definition's own code gets wrong is told. */
export class Judge {
  readonly #registry: Pick<Registry, "find">;
  readonly #emit: EventListener;
  readonly #random: () => number;

  constructor({ registry, emit, random }: Pick<Engine, "registry" | "emit" | "random">) {
    this.#registry = registry;
    this.#emit = emit;
    this.#random = random;
  }

  /** Of a task whose attempt ended so: the delay in milliseconds by its failures. */
  backoffAfter(task: Subject, outcome: Outcome): (failures: number) => number {
    const thrown = outcome.kind === "failure" ? outcome.thrown : undefined;
    return (failures) => this.#delay(task, failures, thrown);
  }

  /** The same of one whose worker died. */
  readonly backoff: RescueBackoff = (failures, task) => this.#delay(task, failures, undefined);

  /** @param error what the handler threw */
  readonly mayRetry = (task: Subject, error: unknown): boolean =>
    this.#ask(task, "retryIf", ({ retryIf }) => retryIf(error));

  #delay(task: Subject, failures: number, error: unknown): number {
    const random = this.#random();
    return this.#ask(task, "backoff", ({ delay }) => delay(failures, error, random));
  }

  #ask<Answer>(task: Subject, during: "backoff" | "retryIf", ask: (rule: RetryRule) => Answer): Answer {
    try {
      return ask(this.#registry.find(task.funcPath)?.retries ?? DEFAULT_RETRIES);
    } catch (thrown) {
      const { id, attempts, funcPath } = task;
      this.#emit({ type: "retry.failed", task: { id, attempts, funcPath }, during, thrown });
      return ask(DEFAULT_RETRIES);
    }
  }
}
