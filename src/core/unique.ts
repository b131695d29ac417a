import { describe } from "./describe.ts";
import { sha256 } from "./digest.ts";
import { type Duration, parseDuration } from "./duration.ts";
import { ValidationError } from "./errors.ts";
import { LIMITS, parseText, within } from "./options.ts";
import { type NewTask, NO_EXTRAS, type TaskExtras, type UniqueRule } from "./task.ts";

/** What an enqueue does that meets a task with its key. */
const CONFLICTS = ["ignore", "replace", "reject"] as const;
const HELD_WHILE = ["active", "pending"] as const;

/** Which tasks are the same, and what becomes of a second one. */
export interface UniqueOptions {
  /**
   * The fields that the key is made of, where no `uniqueKey` is given: paths such as `"kwargs.userId"`, `"args[0]"` or `"kwargs"`.
   * One that is absent counts as null. Defaults to all of `args` and `kwargs`; an empty list is one key for the whole definition.
   */
  readonly by?: readonly string[];
  /** How long the key is held: until the task ends (`active`), or until it starts (`pending`). Defaults to `"active"`. */
  readonly while?: "pending" | "active";
  /** At most one enqueue within that time of the first, whatever became of its task: 1 ms to a year. Defaults to no window. */
  readonly within?: Duration;
  /**
   * `ignore`: the existing task is answered. `reject`: the enqueue fails, and all that is enqueued with it. `replace`: while the
   * existing task waits, it gets the new payload and the earlier of the two etas. Defaults to `"ignore"`.
   */
  readonly onConflict?: "ignore" | "replace" | "reject";
  /**
   * As `replace`, but each enqueue moves the eta to its own, so a `delay` starts anew, up to so long after the first: 1 ms to a
   * year. Defaults to none.
   */
  readonly debounce?: Duration;
}

/** The same once checked. */
export interface ParsedUnique extends UniqueRule {
  readonly by: readonly UniquePath[];
  readonly while: "pending" | "active";
}

/** The way to one field. `text` is how it was written, and part of the key. */
export interface UniquePath {
  readonly text: string;
  readonly steps: readonly (string | number)[];
}

/** What is kept of unique keys beside the tasks. */
export interface UniqueStorage {
  /** Forgets windows that have ended by `now`: one page of them. `more` is true where there may be others. */
  purgeWindows(now: number): Promise<{ readonly more: boolean }>;
}

const STEP = /\.[^.[\]]+|\[\d+\]/g;
/** `args` has indexes and `kwargs` has names: a path that says otherwise would find nothing. */
const PATH = new RegExp(`^(args(?!\\.)|kwargs(?!\\[))(?:${STEP.source})*$`);

/** So much of a task's name is in a derived key, for the eye; all of it is in the digest. */
const NAME_LENGTH = 190;

/** Checks a `unique`. @throws {ValidationError} naming the field, as `unique.within` */
export function parseUnique(options: UniqueOptions): ParsedUnique {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new ValidationError("unique", "an object", describe(options));
  }
  return within("unique", () => {
    const { debounce, within: window } = options;
    const parsed = {
      by: parsePaths(options.by ?? ["args", "kwargs"]),
      while: parseChoice(options.while ?? "active", "while", HELD_WHILE),
      within: window === undefined ? null : parseDuration(window, "within", LIMITS.uniqueWindow),
      debounce: debounce === undefined ? null : parseDuration(debounce, "debounce", LIMITS.uniqueWindow),
      onConflict: parseConflict(options),
    };
    if (parsed.within !== null && parsed.onConflict === "replace") {
      const got = debounce === undefined ? 'onConflict "replace"' : "debounce";
      throw new ValidationError("within", 'absent where a task is replaced (use "ignore" or "reject")', got);
    }
    return parsed;
  });
}

function parseConflict({ onConflict, debounce }: UniqueOptions): UniqueRule["onConflict"] {
  const fallback = debounce === undefined ? "ignore" : "replace";
  const parsed = parseChoice(onConflict ?? fallback, "onConflict", CONFLICTS);
  if (debounce !== undefined && parsed !== "replace") {
    throw new ValidationError("onConflict", '"replace" where debounce is given', describe(parsed));
  }
  return parsed;
}

function parseChoice<const Choice extends string>(
  value: unknown,
  field: string,
  choices: readonly Choice[],
): Choice {
  const chosen = choices.find((choice) => choice === value);
  if (chosen !== undefined) return chosen;
  const expected = choices.map((choice) => JSON.stringify(choice)).join(" or ");
  throw new ValidationError(field, expected, describe(value));
}

function parsePaths(texts: unknown): readonly UniquePath[] {
  if (!Array.isArray(texts)) throw new ValidationError("by", "a list of paths", describe(texts));
  return texts.map((text: unknown, index) => parsePath(text, `by[${index}]`));
}

function parsePath(text: unknown, field: string): UniquePath {
  if (typeof text !== "string" || !PATH.test(text)) {
    const expected = 'a path like "args[0]", "kwargs.user.id" or "kwargs"';
    throw new ValidationError(field, expected, describe(text));
  }
  const [root = ""] = text.split(/[.[]/, 1);
  const steps = [...text.matchAll(STEP)].map(([step]) =>
    step.startsWith("[") ? Number(step.slice(1, -1)) : step.slice(1),
  );
  return { text, steps: [root, ...steps] };
}

/** What is to be known of a task for its key. */
interface Payload {
  readonly args: readonly unknown[];
  readonly kwargs: unknown;
}

/** The key that an enqueue gives, or else the one that its `unique` makes of its payload; null without either. */
export async function uniqueKeyOf(
  given: string | undefined,
  unique: ParsedUnique | null,
  funcPath: string,
  payload: Payload,
): Promise<string | null> {
  if (given !== undefined) return parseText(given, "uniqueKey");
  return unique === null ? null : deriveKey(unique.by, funcPath, payload);
}

/** The order of the paths is no part of the key, nor is that of an object's names. */
async function deriveKey(by: readonly UniquePath[], funcPath: string, payload: Payload): Promise<string> {
  const fields = Object.fromEntries(by.map(({ text, steps }) => [text, valueAt(payload, steps)]));
  const digest = await sha256(canonicalJson([funcPath, fields]));
  return `${funcPath.slice(0, NAME_LENGTH).toWellFormed()}:${digest}`;
}

/** Own properties alone: `kwargs.constructor` is no field of a payload that does not name it. */
function valueAt(value: unknown, [step, ...rest]: readonly (string | number)[]): unknown {
  if (step === undefined) return value;
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return null;
  return valueAt(Reflect.get(value, step), rest);
}

/** JSON with the names of each object in order, of what `serialize` has taken. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const sorted = members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join()}}`;
}

/** What the task has beyond others by its rule; the extras as they are where the rule is the ordinary one. */
export function withUnique(extras: TaskExtras | null, unique: ParsedUnique | null): TaskExtras | null {
  if (unique === null) return extras;
  const { onConflict, within: window, debounce } = unique;
  const isOrdinary = onConflict === "ignore" && window === null;
  if (isOrdinary && unique.while === "active") return extras;
  return {
    ...(extras ?? NO_EXTRAS),
    uniqueWhile: unique.while === "pending" ? "pending" : null,
    unique: isOrdinary ? null : { onConflict, within: window, debounce },
  };
}

/** The first of a debounced key waits no longer than those after it may make it. */
export function debounced(eta: number, unique: ParsedUnique | null, now: number): number {
  return unique?.debounce == null ? eta : Math.min(eta, now + unique.debounce);
}

/** In a batch of the app's own there is no reply to decide by. @throws {ValidationError} */
export function refuseInStatements({ extras }: NewTask): void {
  const rule = extras?.unique ?? null;
  if (rule === null) return;
  const field = rule.within === null ? "unique.onConflict" : "unique.within";
  const got = rule.within === null ? describe(rule.onConflict) : `${rule.within} ms`;
  const expected =
    field === "unique.within" ? "absent in statements (use enqueue)" : '"ignore" in statements (use enqueue)';
  throw new ValidationError(field, expected, got);
}
