import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { enqueueTask } from "./site.ts";
import { findBarriers, type Visit, type VisitOptions } from "./visit.ts";

interface Context {
  readonly at: (path: string) => string;
  open(key?: string): Promise<Visit>;
  withPage(run: (page: Page) => Promise<void>, options?: VisitOptions): Promise<void>;
}

/** What is done with many tasks, step by step. */
export function describeDeadLetters({ at, open, withPage }: Context): void {
  it(
    "what failed is retried by filter: counted, confirmed, left in the middle and taken up",
    () =>
      withPage(async (page) => {
        await page.goto(at("/dead-letters"));
        await page.fill("input[name=errorType]", "TimeoutError");
        await page.click("text=Filter");
        await page.waitForURL(/errorType/);
        await page.click("text=Retry these");
        // The second step does not reach the server before the page is left.
        let steps = 0;
        await page.route("**/dead-letters/run", (route) => (++steps > 1 ? undefined : route.continue()));
        await page.click("button:has-text('Retry 2,')");
        await page.locator("text=/Retried [\\d,]+ of 2,/").waitFor();
        await page.waitForURL(/dead-letters\/run\?.*cursor=/);
        const left = page.url();
        await page.goto(at("/workers"));
        await page.unroute("**/dead-letters/run");
        await page.goto(left);
        await page.locator("text=paused").waitFor();
        await page.click("button:has-text('Go on')");
        await page.locator("text=/Retried 2,[\\d]+ of 2,[\\d]+ tasks\\.$/").waitFor();
        expect(await findBarriers(page)).toEqual([]);
      }),
    120_000,
  );

  it("a step of a bulk operation that the server does not do is told, and can be sent again", async () => {
    const { page, problems } = await open();
    const origin = new URL(page.url()).origin;
    const flaky = { funcPath: "sample.flaky", kwargs: { failures: 99 }, maxRetries: 0 };
    const { id } = await enqueueTask(origin, flaky);
    await page.goto(at(`/tasks/${id}`));
    await page.locator("h1 .badge:has-text('Failed')").waitFor();
    await page.goto(at("/dead-letters?funcPath=sample.flaky"));
    await page.click("text=Retry these");
    await page.locator("button:has-text('Retry 1 task')").waitFor();
    await page.route("**/dead-letters/run", (route) => route.fulfill({ status: 503, body: "{}" }));
    await page.click("button:has-text('Retry 1 task')");
    await page.locator("[role=alert]:has-text('The server answered with 503')").waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.unroute("**/dead-letters/run");
    await page.click("button:has-text('Retry 1 task')");
    await page.locator("text=Retried 1 of 1 task.").waitFor();
    expect(await page.locator("[role=alert]").count()).toBe(0);
    await page.context().close();
    expect(problems.filter((problem) => !problem.includes("503"))).toEqual([]);
  }, 60_000);

  it(
    "what failed is deleted by its group, without a script too",
    () =>
      withPage(
        async (page) => {
          await page.goto(at("/dead-letters"));
          await page.locator("tr:has-text('CardDeclined') >> text=Delete").click();
          await page.waitForURL(/dead-letters\/confirm/);
          while ((await page.locator("text=Count on").count()) > 0) await page.click("text=Count on");
          await page.click("button:has-text('Delete')");
          const goOn = page.locator("button:has-text('Go on')");
          while ((await goOn.count()) > 0) await goOn.click();
          await page.locator("text=/Deleted (\\d+) of \\1 tasks\\.$/").waitFor();
        },
        { javaScriptEnabled: false },
      ),
    120_000,
  );
}
