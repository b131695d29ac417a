import { beforeEach, describe, expect, it } from "vitest";
import { tasks } from "../../src/tasks.ts";
import { openD1 } from "../support/d1.ts";
import { startWorker } from "../support/worker.ts";

const { call } = startWorker(tasks);
const database = await openD1();
beforeEach(() => database.clear());

const later = { funcPath: "sample.add", kwargs: { a: 1, b: 2 }, delay: "1h" };
const post = (tasks: unknown) => call("POST", "/v1/tasks/batch", { json: { tasks } });
const count = async () => (await database.sql("SELECT count(*) AS n FROM tasks"))[0]?.n;
const [ID, OTHER] = ["018f0000-06bb-7e37-a6ed-ea59e3b6fd64", "018f0000-06bb-7e37-a6ed-ea59e3b6fd65"];

describe("POST /v1/tasks/batch", () => {
  it("answers 201 with the ids in the order given, and the duplicates among them", async () => {
    await post([
      { ...later, id: ID },
      { ...later, uniqueKey: "nightly" },
    ]);
    const [nightly] = await database.sql("SELECT id FROM tasks WHERE unique_key = 'nightly'");
    const { status, body } = await post([
      { ...later, kwargs: { a: 0, b: 0 } },
      { ...later, uniqueKey: "nightly" },
      { ...later, kwargs: { a: 2, b: 2 } },
      { ...later, id: ID },
    ]);
    expect(status).toBe(201);
    expect(body).toEqual({
      ids: [expect.any(String), nightly?.id, expect.any(String), ID],
      duplicates: [nightly?.id, ID],
    });
    const [first, , third] = Object.values(body.ids ?? []);
    expect((await call("GET", `/v1/tasks/${first}`)).body.kwargs).toEqual({ a: 0, b: 0 });
    expect((await call("GET", `/v1/tasks/${third}`)).body.kwargs).toEqual({ a: 2, b: 2 });
  });

  it("meets its own members: the second with an id or a unique key is a duplicate of the first", async () => {
    const { status, body } = await post([
      { ...later, id: ID },
      { ...later, id: ID },
      { ...later, uniqueKey: "nightly" },
      { ...later, uniqueKey: "nightly" },
    ]);
    expect(status).toBe(201);
    const ids = Object.values(body.ids ?? []);
    expect(ids).toEqual([ID, ID, ids[2], ids[2]]);
    expect(body.duplicates).toEqual([ID, ids[2]]);
    expect(await count()).toBe(2);
  });

  it("takes 10,000 tasks", async () => {
    const { status, body } = await post(
      Array.from({ length: 10_000 }, (_, a) => ({ ...later, kwargs: { a, b: 0 } })),
    );
    expect(status).toBe(201);
    expect(await count()).toBe(10_000);
    const ids = Object.values(body.ids ?? []);
    expect(new Set(ids).size).toBe(10_000);
    const stored = await database.sql("SELECT id, kwargs ->> 'a' AS a FROM tasks ORDER BY a");
    expect(stored.map(({ id }) => id)).toEqual(ids);
  });

  it.each([
    [
      "10,001 tasks",
      Array.from({ length: 10_001 }, () => later),
      "tasks",
      "of 1 to 10000 members",
      "an array of 10001",
    ],
    ["no task", [], "tasks", "of 1 to 10000 members", "an array of 0"],
    ["no list", { 0: later }, "tasks", "an array", "an object of type Object"],
    [
      "a bad member",
      [later, later, { ...later, eta: true, delay: undefined }],
      "tasks[2].eta",
      "number or string",
      "true",
    ],
    [
      "an unknown name",
      [later, { ...later, funcPath: "nope" }],
      "tasks[1].funcPath",
      /sample\.add/,
      '"nope"',
    ],
    ["a member that is null", [later, null], "tasks[1]", "an object", "null"],
    [
      "a member out of range",
      [{ ...later, priority: 10 }],
      "tasks[0].priority",
      "an integer from 0 to 9",
      "10",
    ],
    [
      "a payload its schema refuses",
      [later, { ...later, kwargs: { a: 1 } }],
      "tasks[1].kwargs.b",
      /valid/,
      "undefined",
    ],
  ])("refuses %s whole: nothing is stored", async (_name, tasks, field, expected, got) => {
    const { status, body } = await post(tasks);
    expect(status).toBe(400);
    const expecting = expected instanceof RegExp ? expect.stringMatching(expected) : expected;
    expect(body).toMatchObject({ field, expected: expecting, got });
    expect(await count()).toBe(0);
  });

  it("refuses with 409 a member whose id has another content, and stores none of the others", async () => {
    await post([{ ...later, id: ID }]);
    const { status, body } = await post([
      later,
      { ...later, id: ID, kwargs: { a: 9, b: 9 } },
      { ...later, id: OTHER },
    ]);
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: "id_conflict", detail: expect.stringContaining(ID) });
    expect(await count()).toBe(1);
  });

  it("refuses with 409 two members with one id and different contents", async () => {
    const { status, body } = await post([
      later,
      { ...later, id: ID },
      { ...later, id: ID, kwargs: { a: 9, b: 9 } },
    ]);
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: "id_conflict", detail: expect.stringContaining(ID) });
    expect(await count()).toBe(0);
  });
});
