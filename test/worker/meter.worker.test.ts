import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { meterDatabases } from "../../src/worker/meter.ts";

/** Bindings as a Worker has them, and what was spent through them. */
function metered() {
  const spent: number[] = [];
  const bindings = { DB: env.DB, SERVICE: exports.default, NAME: "omniq", LIST: [1] };
  return { bindings, spent, own: meterDatabases(bindings, (queries) => void spent.push(queries)) };
}

describe("the D1 bindings of handlers", () => {
  it("count each send of a statement as one query, and answer as D1 does", async () => {
    const { own, spent } = metered();
    const statement = own.DB.prepare("SELECT ?1 AS n").bind(7);
    expect(spent).toEqual([]);
    expect(await statement.first()).toEqual({ n: 7 });
    expect(await statement.first("n")).toBe(7);
    expect((await statement.all()).results).toEqual([{ n: 7 }]);
    expect((await statement.run()).success).toBe(true);
    expect(await statement.raw({ columnNames: true })).toEqual([["n"], [7]]);
    expect(await own.DB.prepare("SELECT 1 AS n").first("n")).toBe(1);
    expect(spent).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it("count every statement of a batch, those of the bare binding too", async () => {
    const { own, spent } = metered();
    const statements = [own.DB.prepare("SELECT ?1 AS n").bind(1), env.DB.prepare("SELECT 2 AS n")];
    const answers = await own.DB.batch(statements);
    expect(answers.map(({ results }) => results)).toEqual([[{ n: 1 }], [{ n: 2 }]]);
    expect(spent).toEqual([2]);
  });

  it("count every line that exec runs", async () => {
    const { own, spent } = metered();
    expect((await own.DB.exec("SELECT 1;\nSELECT 2;\n")).count).toBe(2);
    expect(spent).toEqual([2]);
  });

  it("count what goes through their sessions", async () => {
    const { own, spent } = metered();
    const session = own.DB.withSession("first-primary");
    await session.prepare("SELECT 1").run();
    await session.batch([session.prepare("SELECT 1"), session.prepare("SELECT 2")]);
    expect(session.getBookmark()).toMatch(/^[0-9a-f-]+$/);
    expect(spent).toEqual([1, 2]);
  });

  it("send nothing that may not be spent: the promise rejects", async () => {
    const refusal = new Error("nothing is left");
    const { DB } = meterDatabases({ DB: env.DB }, () => {
      throw refusal;
    });
    await expect(DB.exec("CREATE TABLE unsent (id)")).rejects.toBe(refusal);
    await expect(DB.prepare("CREATE TABLE unsent (id)").run()).rejects.toBe(refusal);
    await expect(DB.batch([env.DB.prepare("CREATE TABLE unsent (id)")])).rejects.toBe(refusal);
    expect(await env.DB.prepare("SELECT name FROM sqlite_schema WHERE name = 'unsent'").first()).toBeNull();
  });

  it("are metered alone: every other binding stays the very same, a stub that seems to have each method too", () => {
    const { bindings, own } = metered();
    expect(own).toEqual({ ...bindings, DB: expect.anything() });
    expect(own.SERVICE).toBe(bindings.SERVICE);
    expect(own.LIST).toBe(bindings.LIST);
    expect(own.DB).not.toBe(bindings.DB);
  });
});
