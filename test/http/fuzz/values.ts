/** Values of JavaScript, as code enqueues and returns them: most of what there can be is no JSON. */
import fc from "fast-check";
import { SerializationError } from "../../../src/core/errors.ts";
import type { JsonValue } from "../../../src/core/task.ts";
import type { Front } from "./front.ts";
import { demand } from "./replies.ts";
import { isEqual } from "./stored.ts";
import * as texts from "./texts.ts";

class Person {
  readonly name = "Ada";
}

const odd = fc.constantFrom<unknown>(
  undefined,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  10n ** 20n,
  Symbol("s"),
  () => 1,
  new Date(0),
  new Date(Number.NaN),
  new Person(),
  new Error("no value"),
  /pattern/,
  [Promise.resolve(1)],
  new Uint8Array(2),
  { toJSON: () => "another" },
  { toJSON: "a name" },
  Array.of(1, undefined),
  new Array(2),
  "\ud800",
  "a\udfff",
  { "\udc00": 1 },
  JSON.parse('{"__proto__": {"polluted": true}}'),
);

const any = fc.anything({
  key: texts.name,
  values: [
    ...[texts.text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null)],
    ...[texts.text, fc.maxSafeInteger(), odd],
  ],
  maxDepth: 4,
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
});

/** What a value comes back as by the rules of the specification; null where it must be refused. */
function expectedOf(value: unknown): { readonly value: JsonValue } | null {
  try {
    return { value: comesBackAs(value) };
  } catch {
    return null;
  }
}

function comesBackAs(value: unknown): JsonValue {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value + 0;
  if (typeof value === "string" && value.isWellFormed()) return value;
  if (typeof value !== "object" || typeof Reflect.get(value, "toJSON") === "function") throw new Error();
  if (Array.isArray(value)) return Array.from(value, comesBackAs);
  const names = Object.keys(value);
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (!isPlain || !names.every((name) => name.isWellFormed())) throw new Error();
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, comesBackAs(member)]));
}

/**
 * Enqueues values by code and returns them from handlers: what is taken comes back equal by the API, and the rest is refused.
 *
 * @returns how many came back
 */
export async function fuzzValues(
  front: Front,
  { seed, values }: { readonly seed: number; readonly values: number },
): Promise<number> {
  let kept = 0;
  const property = fc.asyncProperty(fc.array(any, { maxLength: 2 }), any, async (args, returned) => {
    kept += await roundTrip(front, args, returned);
  });
  await front.clear();
  const { counterexample, errorInstance } = await fc.check(property, { seed, numRuns: values });
  if (counterexample !== null)
    throw new Error(`with FUZZ_SEED=${seed}, ${fc.stringify(counterexample)} goes wrong: ${errorInstance}`);
  return kept;
}

async function roundTrip(front: Front, args: unknown[], returned: unknown): Promise<number> {
  const sent = expectedOf(args);
  const enqueueing = front.queue.submit({ funcPath: "fuzz.give", args, kwargs: { args } });
  if (sent === null) {
    const refused = await enqueueing.then(
      () => false,
      (error) => error instanceof SerializationError,
    );
    demand(refused, "args that are no JSON to be refused");
    return 0;
  }
  const { id } = (await enqueueing).task;
  front.given.set(id, returned);
  await front.queue.drain();
  const { body: task } = await front.read(`/v1/tasks/${id}`);
  const isKept = isEqual([task.args, task.kwargs], [sent.value, { args: sent.value }]);
  demand(isKept, `args to come back equal, not as ${JSON.stringify(task)}`);
  const { body: result } = await front.read(`/v1/tasks/${id}/result`);
  // Nothing returned is null.
  const expected = expectedOf(returned ?? null);
  const isReturned = expected === null ? result.status === "FAILED" : isEqual(result.result, expected.value);
  demand(isReturned, `the result to come back equal, or to fail the task, not ${JSON.stringify(result)}`);
  return expected === null ? 1 : 2;
}
