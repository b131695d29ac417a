import { expect, it } from "vitest";
import { add } from "../../../src/tasks.ts";
import { openD1 } from "../../support/d1.ts";
import { startWorker } from "../../support/worker.ts";

await openD1();

it.each(["/openapi.json", "/docs", "/docs.css"])(
  "a Worker serves %s without a key, and asks the database nothing",
  async (path) => {
    const { call, queries } = startWorker([add], {}, { OMNIQ_AUTH: "keys" });
    const { status, headers, text } = await call("GET", path);
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("public, max-age=300");
    expect(text.length).toBeGreaterThan(1_000);
    expect(queries()).toEqual([0]);
  },
);
