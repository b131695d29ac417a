import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { sha256 } from "../../src/core/digest.ts";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { dashboard } from "../../src/dashboard/index.tsx";
import { parseKeys } from "../../src/http/keys.ts";
import { TABLE_NAMES } from "../../src/storage/verify.ts";
import { type Answer, caller } from "../support/http.ts";
import { openLibsql, temporaryFolder } from "../support/libsql.ts";
import { cookieOf, post, tokenOf, visit } from "./browser.ts";
import { type DashboardRequest, IDS, QUEUE, request, SCHEDULE, type Visitor } from "./fuzz-requests.ts";

const { FUZZ_SEED = "20261124", FUZZ_REQUESTS = "600" } = process.env;
/** Everything is as it was at first after so many. */
const SPAN = 50;
/** Most milliseconds that one takes on a busy machine, and the search for the shortest that goes wrong. */
const [PATIENCE, SHRINKING] = [100, 60_000];

const folder = await temporaryFolder();
afterAll(() => folder.remove());
const database = await openLibsql({ url: `file:${folder.path}/queue.db` });

const SCOPES = { reader: "read", producer: "read+enqueue", admin: "admin" } as const;
const entries = await Promise.all(
  Object.entries(SCOPES).map(async ([name, scopes]) => `${name}:${scopes}:${await sha256(`${name}-key`)}`),
);
const HOSTILE = '"><script>alert(1)</script>';
const page = defineTask("fuzz.page", {
  maxRetries: 0,
  run: ({ fails }: { fails?: boolean }) => {
    if (fails) throw new Error(HOSTILE);
    return HOSTILE;
  },
});
const queue = createQueue({ storage: database.storage(), tasks: [page] });
const errors: unknown[] = [];
const keys = parseKeys(entries.join());
const app = dashboard(() => ({ queue, keys, onError: (error) => errors.push(error) }));
const call = caller((request) => app.fetch(request));

interface Session {
  readonly cookie: string;
  readonly token: string;
}

async function open(name: Visitor): Promise<Session> {
  if (name === "nobody") return { cookie: "", token: "" };
  const cookie = cookieOf(await post(call, "/sign-in", { key: `${name}-key` }));
  return { cookie, token: tokenOf(await visit(call, "/tasks", cookie)) };
}

const sessions: Readonly<Record<Visitor, Session>> = {
  nobody: await open("nobody"),
  reader: await open("reader"),
  producer: await open("producer"),
  admin: await open("admin"),
};
const another = await open("admin");

async function renew(): Promise<void> {
  await database.clear();
  const common = { funcPath: "fuzz.page", queue: QUEUE };
  await queue.submit({ ...common, id: IDS.FAILED, kwargs: { fails: true, text: HOSTILE } });
  await queue.submit({ ...common, id: IDS.SUCCESS, args: [HOSTILE] });
  await queue.drain();
  await queue.submit({ ...common, id: IDS.PENDING, delay: "30d", uniqueKey: HOSTILE });
  await queue.schedules.create({ name: SCHEDULE, cron: "0 3 * * *", funcPath: "fuzz.page" });
  await queue.schedules.create({ name: HOSTILE, cron: "0 3 * * *", funcPath: "fuzz.page" });
  await queue.configureQueue(QUEUE, { concurrency: 7 });
}

/** All that is on file. */
async function state(): Promise<string> {
  const tables = [];
  for (const table of TABLE_NAMES) tables.push(await database.sql(`SELECT * FROM ${table} ORDER BY 1, 2`));
  return JSON.stringify(tables);
}

interface Encoded {
  readonly raw?: string;
  readonly headers: Readonly<Record<string, string>>;
}

function encode({ fields, type, token, visitor }: DashboardRequest): Encoded {
  if (fields === null) return { headers: {} };
  const shown = { own: sessions[visitor].token, another: another.token, none: "" }[token];
  const all = token === "none" ? fields : [...fields.filter(([name]) => name !== "token"), ["token", shown]];
  const pairs = all.map(([name = "", value = ""]): [string, string] => [name, value]);
  if (type === "multipart") {
    const parts = pairs.map(([name = "", value]) => {
      const quoted = name.replace(/["\r\n]/g, (letter) => encodeURIComponent(letter));
      return `--edge\r\ncontent-disposition: form-data; name="${quoted}"\r\n\r\n${value}\r\n`;
    });
    return {
      raw: `${parts.join("")}--edge--\r\n`,
      headers: { "content-type": "multipart/form-data; boundary=edge" },
    };
  }
  const raw = new URLSearchParams(pairs).toString();
  return {
    raw,
    headers: { "content-type": type === "urlencoded" ? "application/x-www-form-urlencoded" : type },
  };
}

const SITE_HEADERS: Readonly<Record<DashboardRequest["site"], Readonly<Record<string, string>>>> = {
  same: { origin: "http://omniq.test", "sec-fetch-site": "same-origin" },
  other: { origin: "http://evil.test", "sec-fetch-site": "cross-site" },
  silent: {},
};

async function send(probe: DashboardRequest): Promise<Answer> {
  const { method, path, visitor, site, isPartial } = probe;
  const { raw, headers } = encode(probe);
  const { cookie } = sessions[visitor];
  return call(method, path, {
    raw,
    headers: {
      accept: "text/html",
      ...headers,
      ...SITE_HEADERS[site],
      ...(isPartial ? { "hx-request": "true" } : {}),
      ...(cookie === "" ? {} : { cookie }),
    },
  });
}

/** Whether it may have changed something: an action, by one who may act, of a form that a page of this session gave. */
function mayAct({ method, fields, type, visitor, token, site }: DashboardRequest): boolean {
  const isForm = fields !== null && (type === "urlencoded" || type === "multipart");
  const hasScope = visitor === "admin" || visitor === "producer";
  // Two sessions of one key have tokens of their own.
  return method === "POST" && isForm && hasScope && token === "own" && site === "same";
}

function checkAnswer(probe: DashboardRequest, { status, headers, text }: Answer): void {
  expect(status, "the status").toBeLessThan(500);
  expect(errors).toEqual([]);
  expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(text).not.toMatch(/<script(?![^>]* src=)/);
  // What a handler threw is shown with its stack, and nothing else is.
  expect(text.replace(/<pre>[^<]*<\/pre>/g, "")).not.toMatch(/\n\s+at |node_modules|RETURNING|SQLITE_/);
  expect(headers.get("location") ?? "").not.toMatch(/^(?:\w+:|[/\\])/);
  const isSignOut = probe.path.startsWith("/sign-out");
  if (!isSignOut) expect(headers.get("set-cookie")).toBeNull();
  if (probe.visitor !== "nobody") return;
  expect(text, "nothing of what is on file").not.toMatch(
    /fuzz\.page|alert\(1\)&lt;|018f0000-06bb-7e37-a6ed-ea59e3b6fd6\d"/,
  );
}

describe("the dashboard, whatever it is asked", () => {
  it(`answers ${FUZZ_REQUESTS} requests without a fault of its own, and acts on forms of its sessions alone`, {
    timeout: SHRINKING + Number(FUZZ_REQUESTS) * PATIENCE,
  }, async () => {
    await renew();
    let [before, sent] = [await state(), 0];
    const [statuses, acted] = [new Map<number, number>(), { times: 0 }];
    const property = fc.asyncProperty(request, async (probe) => {
      sent += 1;
      if (sent % SPAN === 0) {
        await renew();
        before = await state();
      }
      const answer = await send(probe);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      checkAnswer(probe, answer);
      const after = await state();
      const hasChanged = after !== before;
      before = after;
      if (!hasChanged) return;
      expect(mayAct(probe), "nothing to have been changed").toBe(true);
      acted.times += 1;
    });
    await fc.assert(property, { seed: Number(FUZZ_SEED), numRuns: Number(FUZZ_REQUESTS) });
    // A fuzz that gets nowhere would prove nothing.
    for (const status of [200, 303, 400, 403, 404]) {
      expect(statuses.get(status) ?? 0, `answers of ${status}`).toBeGreaterThan(sent / 200);
    }
    expect(acted.times).toBeGreaterThan(sent / 400);
  });
});
