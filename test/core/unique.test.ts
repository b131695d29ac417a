import { describe, expect, it } from "vitest";
import { ValidationError } from "../../src/core/errors.ts";
import { TASK_DEFAULTS } from "../../src/core/options.ts";
import { enqueueRequest, prepareTask, type TaskOptions } from "../../src/core/prepare.ts";
import { defineTask, type TaskDefinition } from "../../src/core/registry.ts";
import type { JsonObject } from "../../src/core/task.ts";
import type { UniqueOptions } from "../../src/core/unique.ts";
import { NOW } from "../support/tasks.ts";

const task = defineTask("test.unique", { run: () => null });
const prepare = (
  input: JsonObject,
  options: TaskOptions = {},
  definition: TaskDefinition<JsonObject> = task,
) => prepareTask(enqueueRequest(definition, input, options), TASK_DEFAULTS, NOW);
const keyOf = async (input: JsonObject, unique: UniqueOptions = {}, options: TaskOptions = {}) =>
  (await prepare(input, { unique, ...options })).uniqueKey;

describe("the key of a unique task", () => {
  it("is made of the name and all of args and kwargs, whatever the order of the names", async () => {
    const key = await keyOf({ a: 1, b: { c: [1, 2], d: null } });
    expect(key).toMatch(/^test\.unique:[0-9a-f]{64}$/);
    expect(await keyOf({ b: { d: null, c: [1, 2] }, a: 1 })).toBe(key);
    expect(await keyOf({ a: 1, b: { c: [2, 1], d: null } })).not.toBe(key);
    expect(await keyOf({ a: 1, b: { c: [1, 2], d: null } }, {}, { args: [1] })).not.toBe(key);
  });

  it("is that of the payload as it is stored: -0 is 0, and what is undefined is not there", async () => {
    const given: JsonObject = { n: -0 };
    Object.assign(given, { gone: undefined });
    expect(await keyOf(given)).toBe(await keyOf({ n: 0 }));
  });

  it("is made of the chosen fields alone, in whatever order they are named", async () => {
    const by = ["kwargs.user.id", "args[0]"];
    const key = await keyOf({ user: { id: 7 }, at: 1 }, { by }, { args: ["x", 1] });
    expect(await keyOf({ user: { id: 7 }, at: 2 }, { by: by.toReversed() }, { args: ["x", 2] })).toBe(key);
    expect(await keyOf({ user: { id: 8 }, at: 1 }, { by }, { args: ["x", 1] })).not.toBe(key);
    expect(await keyOf({ user: { id: 7 } }, { by }, { args: ["y"] })).not.toBe(key);
  });

  it("takes a field that is absent for null, one that every object inherits included", async () => {
    const by = ["kwargs.constructor"];
    expect(await keyOf({}, { by })).toBe(await keyOf({ constructor: null }, { by }));
    expect(await keyOf({ a: 1 }, { by: ["kwargs.a.b[0]"] })).toBe(await keyOf({}, { by: ["kwargs.a.b[0]"] }));
  });

  it("is one for the whole definition where no field is chosen", async () => {
    expect(await keyOf({ a: 1 }, { by: [] })).toBe(await keyOf({ a: 2 }, { by: [] }));
    const other = defineTask("test.other", { run: () => null });
    const theirs = await prepare({}, { unique: { by: [] } }, other);
    expect(theirs.uniqueKey).not.toBe(await keyOf({}, { by: [] }));
  });

  it("is the uniqueKey where one is given", async () => {
    expect(await keyOf({}, { by: ["kwargs.a"] }, { uniqueKey: "mine" })).toBe("mine");
  });

  it("takes at most 255 characters, and tells names apart that are longer", async () => {
    const keys = await Promise.all(
      ["a", "b"].map(async (end) => {
        const long = defineTask(`${"x".repeat(254)}${end}`, { run: () => null });
        return (await prepare({}, { unique: {} }, long)).uniqueKey ?? "";
      }),
    );
    expect(keys.map(({ length }) => length)).toEqual([255, 255]);
    expect(keys[0]).not.toBe(keys[1]);
  });
});

describe("unique", () => {
  it("of the ordinary kind costs its task no more than a uniqueKey", async () => {
    expect((await prepare({}, { unique: { while: "active", onConflict: "ignore" } })).extras).toBeNull();
  });

  it("says how long the key is held, and what becomes of a conflict", async () => {
    const { extras } = await prepare(
      {},
      { unique: { while: "pending", within: "1d", onConflict: "reject" } },
    );
    const unique = { onConflict: "reject", within: 86_400_000, debounce: null };
    expect(extras).toMatchObject({ uniqueWhile: "pending", unique });
  });

  it("is a definition's default, of which an enqueue's own takes the place as a whole", async () => {
    const definition = defineTask("test.default", {
      unique: { by: ["kwargs.a"], onConflict: "reject" },
      run: () => null,
    });
    const byDefault = await prepare({ a: 1, b: 1 }, {}, definition);
    expect(byDefault.extras?.unique).toMatchObject({ onConflict: "reject" });
    expect((await prepare({ a: 1, b: 2 }, {}, definition)).uniqueKey).toBe(byDefault.uniqueKey);
    const own = await prepare({ a: 1, b: 1 }, { unique: {} }, definition);
    expect([own.extras, own.uniqueKey === byDefault.uniqueKey]).toEqual([null, false]);
  });

  it("with a debounce replaces, and the first waits no longer than the debounce", async () => {
    const options: TaskOptions = { delay: "10m", unique: { debounce: "5m" } };
    const { eta, extras } = await prepare({}, options);
    expect(eta).toBe(NOW + 300_000);
    expect(extras?.unique).toEqual({ onConflict: "replace", within: null, debounce: 300_000 });
  });

  it.each([
    ["unique", "[]"],
    ["unique", '"yes"'],
    ["unique.by", '{ "by": "kwargs.a" }'],
    ["unique.by[1]", '{ "by": ["kwargs.a", "kwargs[0]"] }'],
    ["unique.by[0]", '{ "by": ["kwargs.a[*]"] }'],
    ["unique.by[0]", '{ "by": ["result"] }'],
    ["unique.by[0]", '{ "by": ["args.a"] }'],
    ["unique.while", '{ "while": "running" }'],
    ["unique.within", '{ "within": "0s" }'],
    ["unique.within", '{ "within": "2y" }'],
    ["unique.within", '{ "within": "1h", "onConflict": "replace" }'],
    ["unique.within", '{ "within": "1h", "debounce": "1h" }'],
    ["unique.onConflict", '{ "onConflict": "throw" }'],
    ["unique.onConflict", '{ "debounce": "1h", "onConflict": "ignore" }'],
    ["unique.debounce", '{ "debounce": "soon" }'],
  ])("is refused at the enqueue and as the task is defined, naming %s: %s", async (field, text) => {
    const unique: UniqueOptions = JSON.parse(text);
    await expect(prepare({}, { unique })).rejects.toMatchObject({ code: "invalid_input", field });
    const define = () => defineTask("test.bad", { unique, run: () => null });
    expect(define).toThrow(ValidationError);
    expect(define).toThrow(expect.objectContaining({ field }));
  });
});
