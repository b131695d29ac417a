import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { openD1 } from "../support/d1.ts";
import { intercepted } from "../support/intercept.ts";
import { Invocation, type InvocationOptions } from "../support/invocation.ts";
import { QUERIES } from "../support/production.ts";
import { fastForward } from "../support/time.ts";

const database = await openD1();
beforeEach(() => database.clear());

const open = (options?: InvocationOptions) => {
  const invocation = new Invocation(options);
  return { invocation, DB: invocation.env({ DB: env.DB }).DB };
};
const queue = (DB: D1Database, name: string) =>
  DB.prepare("INSERT INTO queues (name) VALUES (?1)").bind(name);
const names = async () =>
  (await database.sql("SELECT name FROM queues ORDER BY name")).map(({ name }) => name);
const isSettled = async (promise: Promise<unknown>) => {
  const later = new Promise((resolve) => setTimeout(resolve, 100, false));
  return Promise.race([promise.then(() => true), later]);
};

/** What workerd on a laptop lets pass, and production does not. */
describe("an invocation under test", () => {
  it("may send 50 queries, each of a batch counted, and the one after them is refused with its whole batch", async () => {
    const { invocation, DB } = open();
    await DB.prepare("SELECT 1").first();
    await DB.prepare("SELECT 1").run();
    await DB.exec("SELECT 1\nSELECT 2");
    await DB.withSession().prepare("SELECT 1").raw();
    await DB.batch(Array.from({ length: 44 }, () => DB.prepare("SELECT 1")));
    expect(invocation.queries).toBe(49);
    await expect(DB.batch([queue(DB, "a"), queue(DB, "b")])).rejects.toThrow("Too many API requests");
    await expect(queue(DB, "c").all()).rejects.toThrow("Too many API requests");
    expect(await names()).toEqual([]);
  });

  it("may send 1,000 on the paid plan", async () => {
    const { DB } = open({ queries: QUERIES.paid });
    for (let batches = 0; batches < 10; batches++)
      await DB.batch(Array.from({ length: 100 }, () => DB.prepare("SELECT 1")));
    await expect(DB.prepare("SELECT 1").all()).rejects.toThrow("Too many API requests");
  });

  it("counts what goes to several databases together", async () => {
    const invocation = new Invocation({ queries: 2 });
    const { DB, RESULTS_DB } = invocation.env({ DB: env.DB, RESULTS_DB: env.RESULTS_DB });
    await DB.prepare("SELECT 1").all();
    await RESULTS_DB.prepare("SELECT 1").all();
    await expect(RESULTS_DB.prepare("SELECT 1").all()).rejects.toThrow("Too many API requests");
  });

  it("may bind 100 values, send 100 KB of SQL, and neither send nor read 2 MB in one row", async () => {
    const { DB } = open();
    const marks = (count: number) => Array.from({ length: count }, () => "?").join();
    const bind = (count: number) =>
      DB.prepare(`SELECT 1 WHERE 1 IN (${marks(count)})`).bind(...Array.from({ length: count }, () => 1));
    expect((await bind(100).all()).results).toHaveLength(1);
    await expect(bind(101).all()).rejects.toThrow("too many SQL variables");
    await expect(DB.prepare(`SELECT 1 -- ${"x".repeat(100_000)}`).all()).rejects.toThrow(
      "statement too long",
    );
    const measure = (text: string) => DB.prepare("SELECT length(?1) AS n").bind(text).first("n");
    expect(await measure("é".repeat(1_000_000))).toBe(1_000_000);
    await expect(measure("é".repeat(1_000_001))).rejects.toThrow("SQLITE_TOOBIG");
    const wide = DB.prepare("SELECT hex(zeroblob(500001)) AS a, hex(zeroblob(500001)) AS b");
    await expect(wide.all()).rejects.toThrow("SQLITE_TOOBIG");
  });

  it("has 6 calls under way at once: the others wait for their turn", async () => {
    let [most, running] = [0, 0];
    const watched = intercepted(env.DB, async (_, send) => {
      running += 1;
      most = Math.max(most, running);
      return send().finally(() => {
        running -= 1;
      });
    });
    const { DB } = new Invocation().env({ DB: watched });
    await Promise.all(Array.from({ length: 20 }, (_, index) => queue(DB, `q${index}`).run()));
    expect(most).toBe(6);
    expect(await names()).toHaveLength(20);
  });

  it("waits 30 s for a query or a batch, which then has not taken effect", async () => {
    const { DB } = open({ delay: () => 80_000 });
    const waiting = () => DB.batch([queue(DB, "a")]).then(String, String);
    const { value, milliseconds } = await fastForward(waiting, 60_000);
    expect(value).toContain("exceeded timeout which caused object to be reset");
    expect(milliseconds).toBeLessThan(31_000);
    expect(await names()).toEqual([]);
  });

  it("has 30 s for waitUntil: what goes on after that reaches no database, and no answer reaches it", async () => {
    const { invocation, DB } = open();
    const slow = async () => {
      for (const name of ["a", "b", "c", "d"]) {
        await queue(DB, name).run();
        await new Promise((resolve) => setTimeout(resolve, 12_000));
      }
    };
    const { milliseconds } = await fastForward(async () => {
      invocation.context.waitUntil(slow());
      invocation.closeIn(30_000);
      await invocation.finished();
      await new Promise((resolve) => setTimeout(resolve, 30_000));
    }, 90_000);
    expect(milliseconds).toBeGreaterThan(59_000);
    expect(await names()).toEqual(["a", "b", "c"]);
    expect(await isSettled(DB.prepare("SELECT 1").all())).toBe(false);
  });

  it("is over with its response where nothing is left to waitUntil, and fails where that fails", async () => {
    const done = open();
    done.invocation.closeIn(30_000);
    await done.invocation.finished();
    expect(await isSettled(queue(done.DB, "late").run())).toBe(false);
    const failing = open();
    failing.invocation.context.waitUntil(Promise.reject(new Error("boom")));
    failing.invocation.closeIn(30_000);
    await expect(failing.invocation.finished()).rejects.toThrow("boom");
    expect(await names()).toEqual([]);
  });

  it("may be evicted: what is on its way takes effect, what waits for it hears nothing, the rest is never sent", async () => {
    const { invocation, DB } = open({ connections: 1 });
    const first = queue(DB, "first").run();
    const second = queue(DB, "second").run();
    await Promise.resolve();
    invocation.end();
    expect(await isSettled(Promise.race([first, second, queue(DB, "third").run()]))).toBe(false);
    expect(await names()).toEqual(["first"]);
  });
});
