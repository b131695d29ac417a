import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium, launchChromium } from "./chromium.ts";
import { describeDeadLetters } from "./dead-letters.ts";
import { PAGES } from "./pages.ts";
import { enqueueTask, KEYS, openSite, type Site } from "./site.ts";
import { findBarriers, isTooWide, openPage, signIn, tabTo, type Visit, type VisitOptions } from "./visit.ts";

const executable = findChromium();

// There is no browser to look with: `.ci/run` installs one.
describe.skipIf(executable === null)("the dashboard in a browser, with 100,000 tasks", () => {
  let site: Site;
  let browser: Browser;

  beforeAll(async () => {
    site = await openSite();
    browser = await launchChromium(executable ?? "");
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await site?.close();
  }, 60_000);

  const at = (path: string) => `${site.origin}${path}`;

  async function open(key: string = KEYS.admin, options = {}): Promise<Visit> {
    const visit = await openPage(browser, options);
    await signIn(visit.page, site.origin, key);
    return visit;
  }

  /** Runs with a page of its own, on which nothing may go wrong. */
  async function withPage(
    run: (page: Page) => Promise<void>,
    { key, ...options }: VisitOptions = {},
  ): Promise<void> {
    const { page, problems } = await open(key, options);
    await run(page);
    await page.context().close();
    expect(problems).toEqual([]);
  }

  describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
    it.each([
      ["on a screen", { width: 1280, height: 800 }],
      ["on a phone", { width: 375, height: 720 }],
    ])(
      "%s every page is without an error, a breach of the policy, and what keeps somebody out",
      async (_name, viewport) => {
        const { page, problems } = await openPage(browser, { colorScheme, viewport });
        await page.goto(at("/sign-in"));
        expect(await findBarriers(page)).toEqual([]);
        await signIn(page, site.origin, KEYS.admin);
        for (const { name, path } of PAGES) {
          await page.goto(at(typeof path === "string" ? path : await path(page)), {
            waitUntil: "networkidle",
          });
          expect(await findBarriers(page), name).toEqual([]);
          expect(await isTooWide(page), `${name} is too wide`).toBe(false);
          for (const panel of await page.locator("details.confirm > summary:visible").all()) {
            await panel.click();
            expect(await isTooWide(page), `${name} is too wide with a panel open`).toBe(false);
            await panel.click();
          }
        }
        await page.goto(at("/nothing"));
        expect(await findBarriers(page)).toEqual([]);
        await page.context().close();
        expect(problems.filter((problem) => !problem.startsWith(at("/nothing")))).toEqual([]);
      },
      180_000,
    );
  });

  it(
    "tasks are found by status, by text and page by page",
    () =>
      withPage(async (page) => {
        await page.goto(at("/tasks"));
        await page.click(".tabs a.failed");
        await page.fill("input[name=text]", "declined");
        await page.click("text=Filter");
        await page.waitForURL(/text=declined/);
        expect(await page.locator("td .badge").allTextContents()).toContain("Failed");
        await page.click(".pager-links a:last-child");
        await page.waitForURL(/cursor=/);
        await page.click("a:has-text('Newest')");
        await page.waitForURL((url) => !url.search.includes("cursor"));
      }),
    60_000,
  );

  it(
    "a task is retried, run now, cancelled and deleted, each from its page",
    () =>
      withPage(async (page) => {
        await page.goto(at("/tasks?status=FAILED&queue=cards"));
        await page.locator(".subject").first().click();
        await page.click("text=Retry");
        await page.waitForURL(/done=retry/);
        await page.click("text=Run now");
        await page.waitForURL(/done=run/);
        await page.click("summary:has-text('Cancel')");
        await page.click("text=Cancel this task");
        await page.waitForURL(/done=cancel/);
        await page.click("summary:has-text('Delete')");
        await page.click("text=Delete this task");
        await page.waitForURL(/done=delete/);
        expect(await page.textContent("[role=status]")).toContain("deleted");
      }),
    60_000,
  );

  it(
    "a task is copied with other arguments",
    () =>
      withPage(async (page) => {
        const { id } = await enqueueTask(site.origin, { funcPath: "sample.add", kwargs: { a: 1, b: 2 } });
        await page.goto(at(`/tasks/${id}`));
        await page.click("text=Enqueue a copy");
        await page.waitForURL(/copy$/);
        expect(await findBarriers(page)).toEqual([]);
        await page.fill("textarea[name=kwargs]", '{"a": 1, "b": 41}');
        await page.locator("main form button[type=submit]").click();
        await page.waitForURL((url) => !url.pathname.endsWith("copy"));
        expect(await page.textContent("main")).toContain("sample.add");
        expect(page.url()).not.toContain(id);
      }),
    60_000,
  );

  it(
    "a queue is paused, limited and resumed",
    () =>
      withPage(async (page) => {
        await page.goto(at("/queues"));
        const row = page.locator("tr:has-text('images')");
        await row.locator("text=Pause").click();
        await page.waitForURL(/done=pause/);
        await row.locator("text=Paused").waitFor();
        await row.locator("input[type=number]").fill("3");
        await row.locator("text=Set").click();
        await page.waitForURL(/done=concurrency/);
        expect(await row.locator("input[type=number]").inputValue()).toBe("3");
        await row.locator("text=Resume").click();
        await page.waitForURL(/done=resume/);
      }),
    60_000,
  );

  it(
    "a schedule is disabled with a reason, enabled and run",
    () =>
      withPage(async (page) => {
        await page.goto(at("/schedules"));
        const row = page.locator("tr:has-text('daily digest')");
        await row.locator("summary").click();
        await row.locator("input[name=reason]").fill("the team is away");
        await row.locator("text=Disable this schedule").click();
        await page.waitForURL(/done=disable/);
        await row.locator("text=the team is away").waitFor();
        await row.locator("text=Enable").click();
        await page.waitForURL(/done=enable/);
        await page.click("text=hourly cleanup");
        await page.waitForURL(/schedules\/hourly/);
        expect(await page.locator(".firings li").count()).toBe(10);
        await page.click("text=Run now");
        await page.waitForURL(/done=run/);
        await page.locator("td:has-text('sample.add')").first().waitFor();
      }),
    60_000,
  );

  describeDeadLetters({ at, open, withPage });

  it(
    "what is seen is kept up to date, and can be paused",
    () =>
      withPage(async (page) => {
        await page.goto(at("/queues"));
        await withPage(async (other) => {
          await other.goto(at("/queues"));
          await other.click("[aria-label='Pause mail']");
          await other.waitForURL(/done=pause/);
        });
        await page.locator("[aria-label='Resume mail']").waitFor({ timeout: 20_000 });
        await page.click("[data-live-toggle]");
        expect(await page.textContent("[data-live-toggle]")).toBe("Paused");
        await page.click("[aria-label='Resume mail']");
        await page.waitForURL(/done=resume/);
      }),
    60_000,
  );

  it(
    "the main actions are reached and done by the keyboard alone",
    () =>
      withPage(async (page) => {
        await page.goto(at("/queues"));
        await page.keyboard.press("Tab");
        expect(await page.evaluate("document.activeElement.textContent.trim()")).toBe("Skip to the content");
        await tabTo(page, "[aria-label='Pause reports']");
        await page.keyboard.press("Enter");
        await page.waitForURL(/done=pause/);
        await tabTo(page, "[aria-label='Resume reports']");
        await page.keyboard.press("Space");
        await page.waitForURL(/done=resume/);
        await page.goto(at("/schedules"));
        await tabTo(page, "[aria-label='Run now: hourly cleanup']");
        await tabTo(page, "[aria-label='Disable sales report']");
        await page.keyboard.press("Enter");
        await tabTo(page, "details[open] input[name=reason]");
        await page.goto(at("/dead-letters"));
        await tabTo(page, "a[href*='action=retry']");
        await page.keyboard.press("Enter");
        await page.waitForURL(/dead-letters\/confirm/);
        await page.locator("button:has-text('Retry')").waitFor();
        await tabTo(page, "#bulk button");
        await page.goto(at("/tasks"));
        await tabTo(page, "input[name=text]");
        await page.keyboard.type("spring");
        await page.keyboard.press("Enter");
        await page.waitForURL(/text=spring/);
        await tabTo(page, ".subject");
      }),
    120_000,
  );

  it(
    "a key that only reads sees every page and no action",
    () =>
      withPage(
        async (page) => {
          for (const path of [
            "/overview",
            "/tasks",
            "/queues",
            "/schedules",
            "/schedules/sales%20report",
            "/dead-letters",
            "/workers",
          ]) {
            await page.goto(at(path));
            expect(await page.locator("main form[method=post]").count(), path).toBe(0);
            expect(await findBarriers(page), path).toEqual([]);
          }
          await page.click("text=Sign out");
          await page.waitForURL(/sign-in/);
        },
        { key: KEYS.reader },
      ),
    60_000,
  );
});
