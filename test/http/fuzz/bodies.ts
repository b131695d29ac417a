/** Bodies that the API's own schemas allow, and what is done to them. */
import fc from "fast-check";
import { BulkBody, ChangeBody, EtaBody } from "../../../src/http/operate-schemas.ts";
import { DisableBody, NewScheduleBody, ScheduleChangesBody } from "../../../src/http/schedule-schemas.ts";
import { BatchBody, NewTaskBody, QueueBody } from "../../../src/http/schemas.ts";
import { json } from "./json.ts";
import { asText, LIKELY } from "./likely.ts";
import * as texts from "./texts.ts";

/** What of a Valibot schema tells the form of its values. */
interface Schema {
  readonly type: string;
  readonly wrapped?: Schema;
  readonly item?: Schema;
  readonly options?: readonly unknown[];
  readonly entries?: Readonly<Record<string, Schema>>;
}

/** A member of an object, its value as JSON. */
export interface Member {
  readonly name: string;
  readonly text: string;
}

/** JSON that a schema allows, as far as its types tell. */
function ofSchema({ type, wrapped, item, options = [], entries = {} }: Schema): fc.Arbitrary<string> {
  const others = options.filter(isSchema).map(ofSchema);
  switch (type) {
    case "optional":
      return ofInner(wrapped);
    case "nullable":
      return fc.oneof(fc.constant("null"), ofInner(wrapped));
    case "union":
      return fc.oneof(...others);
    case "string":
      return texts.text.map((text) => JSON.stringify(text));
    case "number":
      return fc.oneof(fc.integer(), fc.double()).map((number) => JSON.stringify(number));
    case "boolean":
      return fc.constantFrom("true", "false");
    case "array":
      return fc.array(ofInner(item), { maxLength: 4 }).map((items) => `[${items.join()}]`);
    case "strict_object":
      return membersOf(entries).map(toObject);
    default:
      return json.map(({ text }) => text);
  }
}

function ofInner(schema: Schema | undefined): fc.Arbitrary<string> {
  return schema === undefined ? json.map(({ text }) => text) : ofSchema(schema);
}

function isSchema(option: unknown): option is Schema {
  return typeof option === "object" && option !== null && "type" in option;
}

function membersOf(entries: Readonly<Record<string, Schema>>): fc.Arbitrary<Member[]> {
  const fields = Object.entries(entries).map(([name, schema]) => {
    const value = ofSchema(schema);
    const likely =
      LIKELY[name] === undefined
        ? value
        : fc.oneof({ weight: 15, arbitrary: LIKELY[name] }, { weight: 1, arbitrary: value });
    const member = likely.map((text) => ({ name, text }));
    return schema.type === "optional"
      ? fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, member)
      : member;
  });
  return fc.tuple(...fields).map((members) => members.filter((member) => member !== null));
}

export function toObject(members: readonly Member[]): string {
  return `{${members.map(({ name, text }) => `${JSON.stringify(name)}:${text}`).join()}}`;
}

/** Of each two only one can be meant. */
const EITHER: Readonly<Record<string, string>> = { delay: "eta", expiresIn: "expiresAt", every: "cron" };

/** The same where only one can be meant, and without what needs another that is not there. */
function meant(members: fc.Arbitrary<Member[]>): fc.Arbitrary<Member[]> {
  return members.map((all) => {
    const has = (wanted: string | undefined) => all.some(({ name }) => name === wanted);
    return all.filter(
      ({ name }) => !(name in EITHER && has(EITHER[name])) && (name !== "afterFailure" || has("after")),
    );
  });
}

export const task = meant(membersOf(NewTaskBody.entries));
export const queueSettings = membersOf(QueueBody.entries);
export const schedule: fc.Arbitrary<Member[]> = meant(membersOf(NewScheduleBody.entries)).map((members) =>
  members.some(({ name }) => name === "cron" || name === "every")
    ? members
    : [...members, { name: "every", text: '"1h"' }],
);
export const scheduleChanges = meant(membersOf(ScheduleChangesBody.entries));
export const disabling = membersOf(DisableBody.entries);
export const bulk = membersOf(BulkBody.entries);
export const taskChange = membersOf(ChangeBody.entries);
export const newEta = meant(membersOf(EtaBody.entries));
export const batch: fc.Arbitrary<Member[]> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc
      .array(task.map(toObject), { minLength: 1, maxLength: 4 })
      .map((tasks) => [{ name: "tasks", text: `[${tasks.join()}]` }]),
  },
  { weight: 1, arbitrary: membersOf(BatchBody.entries) },
);

type Change = (members: readonly Member[]) => readonly Member[];

const at = fc.nat({ max: 12 });
const value = fc.oneof(
  json.map(({ text }) => text),
  asText(null, "", [], {}, "fuzz.echo", -1, 1.5, 2 ** 53, true),
);

const change: fc.Arbitrary<Change> = fc.oneof(
  at.map(
    (at): Change =>
      (members) =>
        members.toSpliced(at % Math.max(1, members.length), 1),
  ),
  fc.tuple(at, value).map(
    ([at, text]): Change =>
      (members) =>
        members.map((member, index) => (index === at % members.length ? { ...member, text } : member)),
  ),
  fc.tuple(texts.name, value).map(
    ([name, text]): Change =>
      (members) => [...members, { name, text }],
  ),
  fc.tuple(at, value).map(
    ([at, text]): Change =>
      (members) => [...members, ...members.slice(at, at + 1).map((member) => ({ ...member, text }))],
  ),
);

/** With a member left out, changed, added or given twice. */
export function changed(members: fc.Arbitrary<Member[]>): fc.Arbitrary<readonly Member[]> {
  return fc
    .tuple(members, fc.array(change, { minLength: 1, maxLength: 2 }))
    .map(([members, changes]) =>
      changes.reduce<readonly Member[]>((before, change) => change(before), members),
    );
}

const encoder = new TextEncoder();
const piece = fc
  .oneof(
    fc.constantFrom(
      ...'{}[]",:\\-+.eE0x\u0000\u00a0',
      "\\u",
      "\\ud800",
      "//",
      "NaN",
      "undefined",
      "'",
      "\ufeff",
      "1".repeat(400),
    ),
    fc.string({ unit: "binary", maxLength: 5 }),
  )
  .map((text) => encoder.encode(text));
const bytes = fc.oneof(
  piece,
  fc.uint8Array({ maxLength: 5 }),
  fc.constantFrom(Uint8Array.of(0xe9), Uint8Array.of(0xc0, 0x80), Uint8Array.of(0xed, 0xa0, 0x80)),
);

/** A text that is cut, or has something in it that does not belong there. */
export function broken(text: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return fc
    .tuple(text, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 8 }), bytes)
    .map(([text, place, removed, added]) => {
      const whole = encoder.encode(text);
      const at = Math.floor(place * whole.length);
      const rest = removed === 8 ? [] : whole.subarray(at + removed);
      return Uint8Array.from([...whole.subarray(0, at), ...added, ...rest]);
    });
}

/** What is no task at all, or more than a body may hold. */
export const foreign: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom(
      "",
      " ",
      "null",
      "[]",
      "{}",
      '"text"',
      "7",
      "\ufeff{}",
      "a=1&b=2",
      "<xml/>",
      "--boundary",
    ),
  },
  { weight: 4, arbitrary: json.map(({ text }) => text) },
  { weight: 2, arbitrary: fc.constantFrom("[", '{"a":', '{"kwargs":[').map((open) => open.repeat(5_000)) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(10_000, 100_000)
      .map((depth) => `{"funcPath":"fuzz.echo","args":${"[".repeat(depth)}${"]".repeat(depth)}}`),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(2 ** 18, 2 ** 20)
      .map((length) => `{"funcPath":"fuzz.echo","args":["${"x".repeat(length)}"]}`),
  },
);
