import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { openD1 } from "../support/d1.ts";
import { caller } from "../support/http.ts";
import { startWorker } from "../support/worker.ts";

const call = caller((request) => exports.default.fetch(request));
await openD1();

const ID = "018f0000-06bb-7e37-a6ed-ea59e3b6fd64";

describe("a method that a known path does not have", () => {
  it.each([
    ["PATCH", "/v1/tasks", "GET, HEAD, POST"],
    ["OPTIONS", "/v1/tasks", "GET, HEAD, POST"],
    ["GET", "/v1/tasks/batch", "POST"],
    ["PUT", `/v1/tasks/${ID}`, "GET, HEAD, PATCH, DELETE"],
    ["POST", `/v1/tasks/${ID}`, "GET, HEAD, PATCH, DELETE"],
    ["GET", `/v1/tasks/${ID}/run`, "POST"],
    ["GET", `/v1/tasks/${ID}/reschedule`, "POST"],
    ["GET", "/v1/tasks/bulk", "POST"],
    ["POST", "/v1/tasks/count", "GET, HEAD"],
    ["PUT", `/v1/tasks/${ID}/result`, "GET, HEAD"],
    ["GET", `/v1/tasks/${ID}/cancel`, "POST"],
    ["DELETE", `/v1/tasks/${ID}/retry`, "POST"],
    ["POST", "/v1/queues", "GET, HEAD"],
    ["POST", "/v1/queues/mail", "PUT"],
    ["GET", "/v1/results?olderThan=7d", "DELETE"],
    ["POST", "/healthz", "GET, HEAD"],
    ["POST", "/openapi.json", "GET, HEAD"],
    ["POST", "/docs", "GET, HEAD"],
  ])("answers 405 to %s %s, and names those that it has", async (method, path, allowed) => {
    const { status, headers, body } = await call(method, path);
    expect(status).toBe(405);
    expect(headers.get("allow")).toBe(allowed);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(body).toMatchObject({
      code: "method_not_allowed",
      field: "the method",
      expected: allowed.replaceAll(", ", " or "),
      got: method,
    });
  });

  it("answers 401 without a key: nobody learns what is there", async () => {
    const closed = startWorker([], {}, { OMNIQ_AUTH: "keys" });
    const { status, headers } = await closed.call("PATCH", "/v1/tasks");
    expect(status).toBe(401);
    expect(headers.get("allow")).toBeNull();
  });
});
