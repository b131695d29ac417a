import { OmniqError } from "../../src/core/errors.ts";
import { toSource } from "./source.ts";
import type { Arguments, Subject, Verb } from "./subject.ts";

/** One call of the storage, which can be made on the model and on the product, and be printed. */
export interface Step {
  readonly verb: Verb;
  readonly source: string;
  run(subject: Subject): Promise<Answer>;
}

/** What it answered, or the code of its error, as source text: what is compared. */
export type Answer = { readonly returned: string } | { readonly threw: string };

const READERS: readonly Verb[] = [
  "hasQuarantined",
  "findNextEta",
  "mayBePurged",
  "getTask",
  "getOutcome",
  "listTasks",
  "listQueues",
  "history.read",
  "history.totals",
  "schedules.findDue",
  "schedules.findKnown",
  "schedules.get",
  "schedules.list",
];

/** Whether the call changes nothing; a replica that lags behind may answer it otherwise for a moment. */
export function isRead({ verb }: Step): boolean {
  return READERS.includes(verb);
}

export function call<V extends Verb>(verb: V, ...given: Arguments[V]): Step {
  return {
    verb,
    source: `storage.${verb}(${given
      .filter((value) => value !== undefined)
      .map(toSource)
      .join(", ")})`,
    async run(subject) {
      try {
        return { returned: toSource(await subject[verb](...given)) };
      } catch (error) {
        return { threw: error instanceof OmniqError ? error.code : String(error) };
      }
    },
  };
}

export function areEqual(a: Answer, b: Answer): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The step as a line of a test. */
export function toStatement({ source }: Step, answer: Answer): string {
  return "threw" in answer ? `await ${source}.catch(() => null); // ${answer.threw}` : `await ${source};`;
}

/** The step as an expectation that the product does not meet. */
export function toExpectation({ source }: Step, expected: Answer, actual: Answer): string {
  const got = `// It ${"threw" in actual ? `throws ${actual.threw}` : `answers ${actual.returned}`}`;
  if ("threw" in expected) {
    return `${got}\nawait expect(${source}).rejects.toMatchObject({ code: ${JSON.stringify(expected.threw)} });`;
  }
  const { returned } = expected;
  return `${got}\nexpect(await ${source}).${/^[[{]/.test(returned) ? "toMatchObject" : "toBe"}(${returned});`;
}
