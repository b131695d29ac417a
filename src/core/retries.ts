import { backoffDelay, DEFAULT_BACKOFF } from "./backoff.ts";
import { describe } from "./describe.ts";
import { type Duration, parseDuration } from "./duration.ts";
import { ValidationError } from "./errors.ts";
import { LIMITS, within } from "./options.ts";

/** How much longer a delay may be at random, as a fraction of it: 0 to 1. */
type Jitter = number;

/** How long a task waits after a failure. Every delay is from 0 to a year; what is given is checked as the task is defined. */
export type BackoffOptions =
  /** `base * factor^failures`, at most `cap`. Defaults to 1 s, 2, 1 h, with a jitter of 0.25: 2 s, 4 s, 8 s ... */
  | {
      readonly type: "exponential";
      readonly base?: Duration;
      readonly factor?: number;
      readonly cap?: Duration;
      readonly jitter?: Jitter;
    }
  /** `step * failures`, at most `cap`. Defaults to a cap of 1 h and a jitter of 0.25. */
  | { readonly type: "linear"; readonly step: Duration; readonly cap?: Duration; readonly jitter?: Jitter }
  /** Always the same. Defaults to no jitter. */
  | { readonly type: "fixed"; readonly delay: Duration; readonly jitter?: Jitter }
  /** One for each failure; the last one repeats. */
  | readonly Duration[]
  /** Given the failures so far, from 1, and what the handler threw: undefined where its worker died instead. */
  | ((failures: number, error: unknown) => Duration);

/** What a definition says of its retries. */
export interface RetryOptions {
  /** Defaults to 2 s, 4 s, 8 s ... up to 1 h, each up to a quarter longer. */
  readonly backoff?: BackoffOptions;
  /**
   * Whether what the handler threw is worth another try; a timeout is a {@link TaskTimeoutError}. False: the task is FAILED at once,
   * as by {@link NonRetryable}. Defaults to always.
   *
   * @example retryIf: (error) => !(error instanceof HttpError && error.status < 500)
   */
  readonly retryIf?: (error: unknown) => boolean;
}

/** The delay in milliseconds after so many failures, the last of them for this error. */
export type Delay = (failures: number, error: unknown, random: number) => number;

/** The same once checked. Either may throw, since it may call the definition's own. */
export interface RetryRule {
  readonly delay: Delay;
  readonly retryIf: (error: unknown) => boolean;
}

/** Of a definition that says nothing, and where one fails to say. */
export const DEFAULT_RETRIES: RetryRule = {
  delay: (failures, _error, random) => backoffDelay(failures, random),
  retryIf: () => true,
};

/** Checks what a definition says of its retries. @throws {ValidationError} naming the field, as `backoff.base` */
export function parseRetries({ backoff, retryIf }: RetryOptions): RetryRule {
  if (retryIf !== undefined && typeof retryIf !== "function") {
    throw new ValidationError("retryIf", "a function of the error", describe(retryIf));
  }
  return {
    delay: backoff === undefined ? DEFAULT_RETRIES.delay : parseBackoff(backoff),
    retryIf: retryIf === undefined ? DEFAULT_RETRIES.retryIf : (error) => checkVerdict(heard(retryIf(error))),
  };
}

/** A promise is refused, whatever it comes to: where it rejects, nobody else hears of it, and that would end the process. */
function heard<T>(returned: T): T {
  if (returned instanceof Promise) returned.catch(() => {});
  return returned;
}

/** A promise would be true whatever it comes to. */
function checkVerdict(verdict: unknown): boolean {
  if (typeof verdict === "boolean") return verdict;
  throw new ValidationError("what retryIf returned", "a boolean", describe(verdict));
}

function parseBackoff(backoff: BackoffOptions): Delay {
  if (typeof backoff === "function") {
    return (failures, error) =>
      parseDuration(heard(backoff(failures, error)), "what backoff returned", LIMITS.backoff);
  }
  if (isList(backoff)) return parseList(backoff);
  if (typeof backoff !== "object" || backoff === null) {
    throw new ValidationError("backoff", "an object, a list of durations or a function", describe(backoff));
  }
  return within("backoff", () => parseFormula(backoff));
}

function isList(backoff: BackoffOptions): backoff is readonly Duration[] {
  return Array.isArray(backoff);
}

function parseList(durations: readonly Duration[]): Delay {
  const delays = durations.map((duration, index) =>
    parseDuration(duration, `backoff[${index}]`, LIMITS.backoff),
  );
  const last = delays.at(-1);
  if (last === undefined) throw new ValidationError("backoff", "a list of at least one duration", "none");
  return (failures) => delays[failures - 1] ?? last;
}

type Formula = Extract<BackoffOptions, { readonly type: string }>;

function parseFormula(formula: Formula): Delay {
  const { base, jitter, cap } = DEFAULT_BACKOFF;
  switch (formula.type) {
    case "exponential": {
      const first = parseDuration(formula.base ?? base, "base", LIMITS.backoff);
      const factor = parseFraction(formula.factor ?? 2, "factor", 1, 100);
      const most = parseCap(formula.cap ?? cap, "base", first);
      const random = parseFraction(formula.jitter ?? jitter, "jitter", 0, 1);
      return toDelay((failures) => first * factor ** failures, most, random);
    }
    case "linear": {
      const step = parseDuration(formula.step, "step", LIMITS.backoff);
      const most = parseCap(formula.cap ?? cap, "step", step);
      const random = parseFraction(formula.jitter ?? jitter, "jitter", 0, 1);
      return toDelay((failures) => step * failures, most, random);
    }
    case "fixed": {
      const delay = parseDuration(formula.delay, "delay", LIMITS.backoff);
      return toDelay(() => delay, LIMITS.backoff.max, parseFraction(formula.jitter ?? 0, "jitter", 0, 1));
    }
    default: {
      const { type }: { readonly type?: unknown } = formula;
      throw new ValidationError("type", '"exponential", "linear" or "fixed"', describe(type));
    }
  }
}

/** A cap below the first delay would be all that is ever waited. */
function parseCap(value: Duration, smallest: string, least: number): number {
  const cap = parseDuration(value, "cap", LIMITS.backoff);
  if (cap >= least) return cap;
  throw new ValidationError("cap", `at least the ${smallest}, ${least} ms`, `${cap} ms`);
}

function parseFraction(value: unknown, field: string, min: number, max: number): number {
  if (typeof value === "number" && value >= min && value <= max) return value;
  throw new ValidationError(field, `a number from ${min} to ${max}`, describe(value));
}

/** No delay is longer than the cap, jitter included. */
function toDelay(formula: (failures: number) => number, cap: number, jitter: number): Delay {
  return (failures, _error, random) => {
    const delay = Math.min(cap, formula(failures));
    return Math.round(Math.min(cap, delay * (1 + jitter * random)));
  };
}
