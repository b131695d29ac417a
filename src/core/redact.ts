import { describe } from "./describe.ts";
import { ConfigError } from "./errors.ts";
import type { TaskOutcome } from "./storage.ts";
import type { JsonObject, JsonValue, Task } from "./task.ts";

/** What is shown in the place of a value that is redacted. */
export const REDACTED = "[redacted]";

/** The step to every member, of an array or an object: no name is written like it. */
const EVERY = "[*]";

/** The way to a value: the names of an object's members, the indexes of an array's. */
type Path = readonly (string | number)[];

/** Where the values of a task are that are not to be shown. */
export interface Redaction {
  readonly args: readonly Path[];
  readonly kwargs: readonly Path[];
  readonly result: readonly Path[];
}

export const NOTHING_REDACTED: Redaction = { args: [], kwargs: [], result: [] };

const STEP = /\.[^.[\]]+|\[(?:\d+|\*)\]/g;
/** `args` has indexes and `kwargs` has names: a path that says otherwise would hide nothing. */
const PATH = new RegExp(`^(args(?![.])|kwargs(?!\\[\\d)|result)((?:${STEP.source})*)$`);

/**
 * Reads the `redact` of a definition.
 *
 * @param redact true for all values of `args`, `kwargs` and `result`, or the paths of some
 * @param task its name, for the error
 * @throws {ConfigError} naming the path that is none
 */
export function parseRedact(redact: true | readonly string[], task: string): Redaction {
  const texts = redact === true ? ["args", "kwargs", "result"] : redact;
  if (!Array.isArray(texts)) {
    throw new ConfigError(`redact of task ${task}`, "true or a list of paths", describe(redact));
  }
  const paths = texts.map((text, index) => parsePath(text, `redact[${index}] of task ${task}`));
  const under = (root: string) => paths.filter((path) => path.root === root).map(({ steps }) => steps);
  return { args: under("args"), kwargs: under("kwargs"), result: under("result") };
}

function parsePath(text: unknown, field: string): { readonly root: string; readonly steps: Path } {
  const [, root, rest] = (typeof text === "string" && PATH.exec(text)) || [];
  if (root === undefined || rest === undefined) {
    const expected = 'a path like "args[0]", "kwargs.card.number", "kwargs.cards[*].number" or "result"';
    throw new ConfigError(field, expected, describe(text));
  }
  const steps = [...rest.matchAll(STEP)].map(([step]) => parseStep(step));
  // The two keep their form, so that whoever reads a task finds an array and an object.
  return { root, steps: steps.length === 0 && root !== "result" ? [EVERY] : steps };
}

function parseStep(step: string): string | number {
  if (step === EVERY) return EVERY;
  return step.startsWith("[") ? Number(step.slice(1, -1)) : step.slice(1);
}

/** The task, or what enqueues it, as it may be shown; the one given is left as it is. */
export function redactTask<T extends Pick<Task, "args" | "kwargs">>(task: T, { args, kwargs }: Redaction): T {
  return {
    ...task,
    args: args.reduce(hideItems, task.args),
    kwargs: kwargs.reduce(hideEntries, task.kwargs),
  };
}

/** The same of how a task ended. Its error is told as it was thrown. */
export function redactOutcome(outcome: TaskOutcome, redaction: Redaction): TaskOutcome {
  const { result } = outcome;
  if (result?.status !== "SUCCESS") return outcome;
  return {
    ...outcome,
    result: { ...result, result: redaction.result.reduce<JsonValue>(hide, result.result) },
  };
}

/** The same of a payload that need not be one. */
export function redactKwargs(kwargs: unknown, redaction: Redaction): unknown {
  return redaction.kwargs.reduce(hide, kwargs);
}

function hide(value: unknown, path: Path): JsonValue {
  const [step] = path;
  if (Array.isArray(value) && (typeof step === "number" || step === EVERY)) return hideItems(value, path);
  if (isObject(value) && typeof step === "string") return hideEntries(value, path);
  // Here the path ends; or the value has another form than the path says, and what is to be hidden may be anywhere in it.
  return REDACTED;
}

function hideItems(items: readonly JsonValue[], [step, ...rest]: Path): JsonValue[] {
  return items.map((item, index) => (step === EVERY || step === index ? hide(item, rest) : item));
}

/** Made of entries, so that a name such as `__proto__` stays one. */
function hideEntries(object: JsonObject, [step, ...rest]: Path): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name,
      step === EVERY || step === name ? hide(value, rest) : value,
    ]),
  );
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
