import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";

const AXE = readFileSync(
  fileURLToPath(import.meta.resolve("axe-core")).replace(/axe\.js$/, "axe.min.js"),
  "utf8",
);

/** A page in a browser, with what went wrong on it so far. */
export interface Visit {
  readonly page: Page;
  /** What the console, a script and the policy complained of. */
  readonly problems: string[];
}

/** How a page is visited that nothing may go wrong on. */
export interface VisitOptions {
  readonly key?: string;
  readonly colorScheme?: "dark";
  readonly javaScriptEnabled?: boolean;
}

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error}`));
  await page.addInitScript(`
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      console.error("the policy was violated", violatedDirective, blockedURI));`);
  return { page, problems };
}

export async function signIn(page: Page, origin: string, key: string): Promise<void> {
  await page.goto(`${origin}/sign-in`);
  await page.fill("input[name=key]", key);
  await page.click("button[type=submit]");
  await page.waitForSelector(".sidebar");
}

/** What axe finds that is serious or critical, as `rule: the elements`. */
export async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found: unknown = await page.evaluate(`
    axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html.slice(0, 160)).join(" | ")))`);
  return Array.isArray(found) ? found.map(String) : [`expected a list from axe, got ${String(found)}`];
}

/** Whether something reaches out of the page to the right. */
export function isTooWide(page: Page): Promise<unknown> {
  return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");
}

/** Goes by the Tab key, from the beginning of the page, until this has the focus. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  await page.evaluate("document.activeElement instanceof HTMLElement && document.activeElement.blur()");
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press("Tab");
    const isThere: unknown = await page.evaluate(
      `document.activeElement !== null && document.activeElement.matches(${JSON.stringify(selector)})`,
    );
    if (isThere === true) return;
  }
  expect.fail(`expected ${selector} to be reached by the Tab key on ${page.url()}`);
}
