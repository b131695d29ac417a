import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { ValidationError } from "../../src/core/errors.ts";
import { defineTask } from "../../src/core/registry.ts";

const run = () => "done";

describe("the schema of a task", () => {
  const mail = defineTask("mail.send", {
    input: v.object({ to: v.string(), cc: v.optional(v.array(v.object({ name: v.string() }))) }),
    run,
  });

  it("gives what it makes of the payload", async () => {
    const trimmed = defineTask("a", { input: v.object({ to: v.pipe(v.string(), v.trim()) }), run });
    expect(await trimmed.validate({ to: " x " })).toEqual({ to: "x" });
  });

  for (const [payload, field, got] of [
    [{ to: 7 }, "kwargs.to", "7"],
    [{}, "kwargs.to", "undefined"],
    [{ to: "x", cc: [{ name: "a" }, { name: null }] }, "kwargs.cc[1].name", "null"],
    ["text", "kwargs", '"text"'],
  ] as const) {
    it(`names the field of ${JSON.stringify(payload)} that it refuses`, async () => {
      await expect(mail.validate(payload)).rejects.toBeInstanceOf(ValidationError);
      await expect(mail.validate(payload)).rejects.toMatchObject({ field, got });
    });
  }

  it("may be asynchronous", async () => {
    const input = v.pipeAsync(
      v.object({ id: v.number() }),
      v.checkAsync(async ({ id }) => id > 0, "must be known"),
    );
    const task = defineTask("a", { input, run });
    expect(await task.validate({ id: 1 })).toEqual({ id: 1 });
    await expect(task.validate({ id: 0 })).rejects.toThrow("must be known");
  });

  it("may be any Standard Schema, with paths of either form", async () => {
    const refusing = (path: PropertyKey | { key: PropertyKey }) =>
      defineTask("a", {
        input: {
          "~standard": {
            version: 1,
            vendor: "test",
            validate: () => ({ issues: [{ message: "no", path: [path] }] }),
          },
        },
        run,
      });
    await expect(refusing("x").validate({ x: 1 })).rejects.toMatchObject({ field: "kwargs.x", got: "1" });
    await expect(refusing({ key: "x" }).validate({ x: 1 })).rejects.toMatchObject({ field: "kwargs.x" });
  });

  it("without one the payload is taken as it is", async () => {
    expect(await defineTask("a", { run }).validate({ any: [1] })).toEqual({ any: [1] });
  });
});

describe("an error of a schema about what is redacted", () => {
  const card = v.object({ number: v.pipe(v.string(), v.digits()), year: v.number() });
  const input = v.object({
    to: v.string(),
    card,
    tokens: v.optional(v.record(v.string(), v.string())),
    cards: v.optional(v.array(card)),
  });
  const good = { to: "a@example.com", card: { number: "4111", year: 2030 } };
  const refusal = async (redact: true | readonly string[], kwargs: object) => {
    const error: unknown = await defineTask("a", { input, redact, run })
      .validate(kwargs)
      .catch((thrown) => thrown);
    if (!(error instanceof ValidationError)) throw new Error("expected the payload to be refused");
    return error;
  };

  it("names the field, and tells neither its value nor what the schema says of it", async () => {
    const { message } = await refusal(["kwargs.card.number"], {
      ...good,
      card: { number: "hunter2", year: 1 },
    });
    expect(message).toBe('expected kwargs.card.number to be valid ([redacted]), got "[redacted]"');
  });

  it("names the member of an array", async () => {
    const cards = [good.card, { number: "hunter2", year: 1 }];
    const { message } = await refusal(["kwargs.cards[*].number"], { ...good, cards });
    expect(message).toBe('expected kwargs.cards[1].number to be valid ([redacted]), got "[redacted]"');
  });

  it("names nothing below the redacted value", async () => {
    const { message } = await refusal(["kwargs.tokens"], { ...good, tokens: { hunter2: 7 } });
    expect(message).toBe('expected kwargs.tokens to be valid ([redacted]), got "[redacted]"');
  });

  it("tells nothing of a value that stands where the redacted one should be inside", async () => {
    const { message } = await refusal(["kwargs.card.number"], { ...good, card: "hunter2" });
    expect(message).toBe('expected kwargs.card to be valid ([redacted]), got "[redacted]"');
  });

  it("tells nothing of what a schema says of the whole, in which the value is", async () => {
    const quoting = v.pipe(
      v.object({ pin: v.string() }),
      v.check(
        () => false,
        ({ input }) => `no ${input.pin}`,
      ),
    );
    const task = defineTask("a", { input: quoting, redact: ["kwargs.pin"], run });
    await expect(task.validate({ pin: "hunter2" })).rejects.toThrow(
      "expected kwargs to be valid ([redacted]), got an object of type Object",
    );
  });

  it("tells nothing of what a schema says of a field of its own making, into which the value may have gone", async () => {
    const renaming = v.pipe(
      v.object({ pin: v.string() }),
      v.transform(({ pin }) => ({ code: pin })),
      v.object({ code: v.pipe(v.string(), v.digits()) }),
    );
    const task = defineTask("a", { input: renaming, redact: ["kwargs.pin"], run });
    await expect(task.validate({ pin: "hunter2" })).rejects.toThrow(
      "expected kwargs.code to be valid ([redacted]), got undefined",
    );
  });

  it("names a field that is missing", async () => {
    for (const redact of [true, ["kwargs.card.number"]] as const)
      expect((await refusal(redact, { card: good.card })).message).toBe(
        "expected kwargs.to to be valid ([redacted]), got undefined",
      );
  });

  it("tells all of a field that is not redacted", async () => {
    const card = { number: "1", year: "soon" };
    for (const [kwargs, message] of [
      [{ ...good, to: 7 }, /^expected kwargs\.to to be valid \(.*string.*\), got 7$/],
      [{ ...good, card }, /^expected kwargs\.card\.year to be valid \(.*number.*\), got "soon"$/],
    ] as const)
      expect((await refusal(["kwargs.card.number"], kwargs)).message).toMatch(message);
  });

  it("true is every field of the payload", async () => {
    for (const kwargs of [
      { ...good, to: 123456 },
      { ...good, card: { number: "123456x", year: 1 } },
      { ...good, tokens: { "123456": 1 } },
    ])
      expect((await refusal(true, kwargs)).message).not.toContain("123456");
    await expect(defineTask("a", { input, redact: true, run }).validate("hunter2")).rejects.toThrow(
      'expected kwargs to be valid ([redacted]), got "[redacted]"',
    );
  });
});
