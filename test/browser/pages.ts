import type { Page } from "playwright-core";

/** A page of the dashboard by the name of its picture, and the way to it: an address, or one that stands on another page. */
export interface Shown {
  readonly name: string;
  readonly path: string | ((page: Page) => Promise<string>);
}

/** The address of the first link that leads there. */
async function linkOf(page: Page, from: string, selector: string): Promise<string> {
  await page.goto(new URL(from, page.url()).href);
  const address = await page.locator(selector).first().getAttribute("href");
  const { pathname, search } = new URL(address ?? "", page.url());
  return pathname + search;
}

/** Every page that stands in the menu, and those that lead on from there. */
export const PAGES: readonly Shown[] = [
  { name: "overview", path: "/overview" },
  { name: "tasks", path: "/tasks" },
  { name: "tasks-found", path: "/tasks?status=FAILED&queue=cards&text=bank" },
  { name: "task", path: (page) => linkOf(page, "/tasks?status=FAILED&queue=cards", ".subject") },
  { name: "queues", path: "/queues" },
  { name: "schedules", path: "/schedules" },
  { name: "schedule", path: "/schedules/sales%20report" },
  { name: "dead-letters", path: "/dead-letters" },
  {
    name: "dead-letters-confirm",
    path: "/dead-letters/confirm?action=retry&queue=cards&errorType=CardDeclined",
  },
  { name: "workers", path: "/workers" },
];
