import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { emptyD1 } from "../../src/testing/database.ts";
import { createTestQueue } from "../../src/testing/test-queue.ts";
import { openD1 } from "../support/d1.ts";
import { describeTestQueue } from "./suite.ts";

await openD1();
describeTestQueue("D1 in workerd", () => emptyD1(env.DB));

it("says inside workerd that it must be given a storage", async () => {
  await expect(createTestQueue()).rejects.toThrow(/expected storage to be given inside workerd/);
});

it("says of a D1 without migrations how to apply them", async () => {
  await expect(emptyD1(env.RESULTS_DB)).rejects.toThrow(/wrangler d1 migrations apply/);
});

it("gives statements for the app's own batch", async () => {
  const { sendEmail } = await import("./suite.ts");
  const test = await createTestQueue({ storage: emptyD1(env.DB), tasks: [sendEmail] });
  await env.DB.batch([
    env.DB.prepare("SELECT 1"),
    ...(await test.queue.statements(sendEmail, { to: "a@example.com" })),
  ]);
  await test.assertEnqueued(sendEmail, { to: "a@example.com" });
});
