/**
 * `npm run screenshots`: pictures of every page of the dashboard into docs/images, in light and in dark, from the real Worker with a
 * database of 100,000 tasks. `FOLDER` puts them elsewhere, `ONLY` names a few.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium, launchChromium } from "../test/browser/chromium.ts";
import { PAGES } from "../test/browser/pages.ts";
import { KEYS, openSite } from "../test/browser/site.ts";

const { FOLDER = fileURLToPath(new URL("../docs/images", import.meta.url)), ONLY } = process.env;
const SIZES = { wide: { width: 1280, height: 800 }, phone: { width: 375, height: 720 } };

/** Until the charts are drawn. */
const DRAWN = 1_500;

const executable = findChromium();
if (executable === null)
  throw new Error("expected Chromium to be installed, found none: apt-get install chromium");
const site = await openSite();
const browser = await launchChromium(executable);
await mkdir(FOLDER, { recursive: true });
const wanted = (name: string) => ONLY === undefined || ONLY.split(",").includes(name);

try {
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await browser.newPage({ colorScheme, viewport: SIZES.wide });
    await page.goto(`${site.origin}/sign-in`);
    // The charts of the overview are below each other.
    const shoot = async (name: string) =>
      page.screenshot({
        path: join(FOLDER, `${name}-${colorScheme}.png`),
        fullPage: name === "overview",
      });
    if (wanted("sign-in")) await shoot("sign-in");
    await page.fill("input[name=key]", KEYS.admin);
    await page.click("button[type=submit]");
    for (const { name, path } of PAGES.filter(({ name }) => wanted(name))) {
      await page.goto(site.origin + (typeof path === "string" ? path : await path(page)), {
        waitUntil: "networkidle",
      });
      if (name === "overview") await page.waitForTimeout(DRAWN);
      await shoot(name);
      if (!["tasks", "queues"].includes(name)) continue;
      await page.setViewportSize(SIZES.phone);
      await shoot(`${name}-phone`);
      await page.setViewportSize(SIZES.wide);
    }
    await page.close();
  }
} finally {
  await browser.close();
  await site.close();
}
