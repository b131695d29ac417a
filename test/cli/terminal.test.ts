import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { CLI } from "../support/app.ts";
import { type Omniq, omniqWith, startQueue } from "./context.ts";
import { hasTmux, Terminal } from "./tmux.ts";

const DOCS = fileURLToPath(new URL("../../docs/how-to/cli.md", import.meta.url));
const ENDED = /^\[exit \d+\]$/m;
/** `UPDATE_SCREENS=1` writes what was seen into the docs. */
const isUpdate = process.env.UPDATE_SCREENS === "1";
// CI installs it: there its absence is a failure.
const isSkipped = !hasTmux && process.env.CI === undefined;

const MODULE = (core: string) => `
import { defineTask } from "${core}/core/registry.ts";
import { schedule } from "${core}/core/schedule.ts";
export const sendEmail = defineTask("email.send", {
  queue: "mail",
  run: ({ to }, { log }) => { log.info("sent", { to }); return { sent: to }; },
});
export const buildReport = defineTask("report.build", {
  maxRetries: 1, backoff: ["1s"],
  run: (_input, { task }) => { if (task.failures === 0) throw new Error("the numbers are not in yet"); return { pages: 12 }; },
});
export const resize = defineTask("image.resize", {
  maxRetries: 0,
  run: () => { throw new TypeError("expected a PNG, got a PDF"); },
});
export const schedules = [schedule("nightly", "0 3 * * *", buildReport, {})];
`;

const site = startQueue();
let omniq: Omniq;
let terminal: Terminal | undefined;

beforeAll(async () => {
  const source = fileURLToPath(new URL("../../src", import.meta.url));
  await writeFile(join(site.folder(), "tasks.ts"), MODULE(source));
  omniq = omniqWith({ OMNIQ_DB_URL: site.database() });
});
afterEach(() => terminal?.close());

function open(command: string, env: Readonly<Record<string, string>> = {}): Terminal {
  terminal = new Terminal(`${process.execPath} ${CLI} ${command}`, site.folder(), {
    OMNIQ_DB_URL: "file:queue.db",
    ...env,
  });
  return terminal;
}

/** Holds a screen against the docs: the same but for times, ids and counts. */
async function checkScreen(name: string, command: string, screen: string): Promise<void> {
  const block = `<!-- screen: ${name} -->\n\`\`\`text\n$ ${command}\n${screen}\n\`\`\`\n<!-- end -->`;
  const form = new RegExp(`<!-- screen: ${name} -->.*?<!-- end -->`, "s");
  const docs = await readFile(DOCS, "utf8");
  if (isUpdate)
    await writeFile(
      DOCS,
      docs.replace(form, () => block),
    );
  else expect(steady(form.exec(docs)?.[0] ?? "")).toBe(steady(block));
}

function steady(screen: string): string {
  return screen
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID")
    .replaceAll(/Error: .*?…/g, "CUT")
    .replaceAll(/[·▁-█]{60}/g, "MINUTES")
    .replaceAll(/\d+ ms|\d+[smhd]\b( \d+[smhd]\b)?/g, "TIME")
    .replaceAll(/[\d:.-]*\d/g, "N")
    .replaceAll(/ahead|behind/g, "OFF")
    .replaceAll(/ +/g, " ");
}

describe.skipIf(isSkipped)("in a real terminal (skipped where tmux is not installed, but in CI)", () => {
  it("`work` greets, logs what its tasks do, and lets Ctrl-C end it", async () => {
    const { until, press } = bound(open("work ./tasks.ts --queues mail,default --history"));
    await until(/Ctrl-C ends it/);
    await omniq("enqueue", "email.send", '{"to": "ada@example.com"}', "--queue", "mail");
    await until(/email\.send succeeded/);
    await omniq("enqueue", "report.build", "{}", "--max-retries", "1");
    await until(/report\.build succeeded/);
    await omniq("enqueue", "image.resize", "{}", "--max-retries", "0");
    await until(/image\.resize failed/);
    press("C-c");
    const screen = await until(ENDED);
    expect(screen).toContain("[exit 0]");
    await checkScreen(
      "work",
      "omniq work ./tasks.ts --queues mail,default --history",
      screen.replace(ENDED, "").trim(),
    );
  }, 120_000);

  it("`stats --watch` shows the queues, comes up to date by itself, and ends on q", async () => {
    for (let count = 0; count < 3; count++)
      await omniq("enqueue", "email.send", "{}", "--queue", "mail", "--delay", "1h");
    await omniq("pause", "images");
    await omniq("enqueue", "image.resize", "{}", "--queue", "images");
    const { until, press } = bound(open("stats --watch --interval 500ms"));
    await until(/images \(paused\) +1 .*q or Ctrl-C ends/s);
    await omniq("enqueue", "image.resize", "{}", "--queue", "images");
    const screen = await until(/images \(paused\) +2 /);
    press("q");
    expect(await until(ENDED)).toContain("[exit 0]");
    await checkScreen("stats", "omniq stats --watch", screen);
  }, 120_000);

  it("`stats --watch` ends on Ctrl-C", async () => {
    const { until, press } = bound(open("stats --watch"));
    await until(/q or Ctrl-C ends/);
    press("C-c");
    expect(await until(ENDED)).toContain("[exit 0]");
  }, 120_000);

  it("`doctor` shows what it found", async () => {
    const screen = await bound(open("doctor")).until(ENDED);
    await checkScreen("doctor", "omniq doctor", screen.replace(ENDED, "").trim());
  }, 120_000);

  it("a change of many asks, and does nothing where the answer is no", async () => {
    const no = bound(open("retry --status FAILED"));
    await no.until(/Run again 1 task \(status FAILED\)\?/);
    no.press("n");
    expect(await no.until(ENDED)).toMatch(/Nothing was changed.*\[exit 130\]/s);
    terminal?.close();
    const yes = bound(open("retry --status FAILED"));
    await yes.until(/Run again 1 task/);
    yes.press("y");
    expect(await yes.until(ENDED)).toMatch(/1 task retried\n\[exit 0\]/);
  }, 120_000);

  it("a table fits the terminal", async () => {
    await omniq("enqueue", `a.${"very.".repeat(20)}long.name`, "{}", "--queue", "a queue with a long name");
    const screen = await bound(open("ls")).until(ENDED);
    for (const line of screen.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    expect(screen).toMatch(/a\.very\.very.*…/);
  }, 120_000);
});

/** Its methods by themselves. */
function bound(own: Terminal) {
  return { until: (form: RegExp) => own.until(form), press: (...keys: string[]) => own.press(...keys) };
}
