import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestHarness } from "wrangler";
import { type Manifest, runWell } from "../support/package.ts";
import { Project } from "./project.ts";
import { importsFor, moduleOf, type Need } from "./subpaths.ts";

/** What was packed, and a folder for projects. */
export interface Packed {
  readonly tarball: string;
  readonly manifest: Manifest;
  readonly folder: string;
}

const WORKERS = ["d1-worker", "d1-kit", "d1-dashboard"];
const WORKER_TYPES = ["@cloudflare/workers-types"];

/** What nobody gets who does not ask for it: in `node_modules`, and of this package in a Worker's bundle. */
const BINARY = /\.(node|exe|so|dylib|wasm)$|(^|\/)bin\/node$/;
const NOT_ASKED_FOR =
  /^(@?libsql|@opentelemetry|node-|@?vitest|miniflare|workerd|wrangler|playwright|esbuild|typescript|@cloudflare)/;
const NOT_IN_A_WORKER =
  /^(omniq\/lib\/(testing|node|cli|client|otel)\/|@clack|cli-table3|commander|log-update|picocolors|drizzle-orm)/;

/** Projects of people who install the package from its tarball. */
export function describeConsumers(packed: () => Packed): void {
  let project: Project;
  const rooms = (...met: Need[]) => importsFor(packed().manifest, met);
  const hasClient = () => "./client" in packed().manifest.exports;

  beforeAll(async () => {
    const { folder, tarball } = packed();
    project = await Project.create(join(folder, "app"), [...WORKERS, "libsql-node", "client-only"]);
    project.install(tarball);
  }, 120_000);

  /** For Node and for bundlers; with the declarations themselves but those of Drizzle's tables, which alone take most of a minute. */
  const checkTypes = async (files: readonly string[], types: readonly string[], met: readonly Need[]) => {
    const isQuick = (name: string) => name !== "omniq/schema";
    await project.write("all.ts", moduleOf(rooms(...met)));
    await project.write("quick.ts", moduleOf(rooms(...met).filter(isQuick)));
    return [
      ...(await project.checkTypes("Bundler", ["all.ts", ...files], types)),
      ...(await project.checkTypes("NodeNext", ["quick.ts", ...files], types, { skipLibCheck: false })),
    ];
  };

  describe("an app on D1, with the package alone", () => {
    it("gets no client of libSQL, no binary, no test framework and no tool by it", async () => {
      const files = await readdir(join(project.path, "node_modules"), { recursive: true });
      expect(files).toContain("omniq/package.json");
      expect(files.filter((file) => BINARY.test(file) || NOT_ASKED_FOR.test(file))).toEqual([]);
    });

    it("imports every room that needs nothing more", () => {
      const code = `await Promise.all(${JSON.stringify(rooms("node"))}.map((name) => import(name)))`;
      runWell(process.execPath, ["--input-type=module", "--eval", code], project.path);
    }, 60_000);

    it("has types that are right, for Node and for bundlers", async () => {
      await project.link(...WORKER_TYPES);
      const apps = hasClient() ? [...WORKERS, "client-only"] : WORKERS;
      const files = apps.map((app) => `${app}/index.ts`);
      expect(await checkTypes(files, WORKER_TYPES, ["workerd"])).toEqual([]);
    }, 120_000);
  });

  describe("Workers, with the package alone", () => {
    let modules: Record<string, readonly string[]>;
    let harness: ReturnType<typeof createTestHarness>;

    beforeAll(async () => {
      runWell("npx", ["--no-install", "omniq", "migrations", "--out", "migrations"], project.path);
      const apps = hasClient() ? [...WORKERS, "client-only"] : WORKERS;
      modules = {};
      for (const app of apps) modules[app] = await project.bundle(app);
      harness = createTestHarness({
        workers: apps.map((app) => ({
          configPath: join(project.path, app, "wrangler.toml"),
          prebuiltWorkerDir: join(project.path, app, "out"),
        })),
      });
      await harness.listen();
      for (const app of WORKERS) await harness.getWorker(app).applyD1Migrations("DB");
    }, 180_000);
    afterAll(() => harness.close());

    it("run a task on D1", async () => {
      const worker = harness.getWorker("d1-worker");
      const body = JSON.stringify({ funcPath: "greet", kwargs: { name: "D1" } });
      const headers = { "content-type": "application/json" };
      const posted = await worker.fetch("/v1/tasks", { method: "POST", headers, body });
      expect(posted.status).toBe(201);
      const location = posted.headers.get("location");
      const ended = await worker.fetch(`${location}/result?wait=20s`);
      expect(await ended.json()).toMatchObject({ status: "SUCCESS", result: "hello D1" });
    }, 60_000);

    it("bundle nothing that they did not ask for, the testing kit neither", () => {
      expect(modules["d1-worker"]).toContain("omniq/lib/core/drain.js");
      const brought = modules["d1-worker"]?.filter(
        (path) => NOT_ASKED_FOR.test(path) || NOT_IN_A_WORKER.test(path),
      );
      expect(brought).toEqual([]);
    });

    it("test on D1 without the client of libSQL", async () => {
      expect(modules["d1-kit"]).toContain("omniq/lib/testing/memory-nowhere.js");
      expect(modules["d1-kit"]?.filter((path) => NOT_ASKED_FOR.test(path))).toEqual([]);
      const answer = await harness.getWorker("d1-kit").fetch("/");
      expect(await answer.json()).toEqual({ succeeded: 1, result: "hello D1" });
    }, 60_000);

    it("mount the dashboard in an app of their own, which serves its pages, its assets and its actions", async () => {
      expect(modules["d1-dashboard"]).toContain("omniq/lib/dashboard/index.js");
      expect(modules["d1-dashboard"]?.filter((path) => NOT_ASKED_FOR.test(path))).toEqual([]);
      const worker = harness.getWorker("d1-dashboard");
      await worker.fetch("/");
      const page = await worker.fetch("/omniq/tasks");
      const text = await page.text();
      expect([page.status, text.includes("greet")]).toEqual([200, true]);
      const [, style = ""] = /href="(assets\/style-\w+\.css)"/.exec(text) ?? [];
      expect((await worker.fetch(`/omniq/${style}`)).headers.get("content-type")).toContain("text/css");
      const [, id = ""] = /href="(tasks\/[0-9a-f-]{36})"/.exec(text) ?? [];
      const form = {
        method: "POST",
        body: new URLSearchParams(),
        headers: { "sec-fetch-site": "same-origin" },
      };
      await worker.fetch(`/omniq/${id}/cancel`, form);
      expect(await (await worker.fetch(`/omniq/${id}`)).text()).toContain("by an operator");
    }, 60_000);

    it("call another by a client, without a database or a server of their own", async (context) => {
      if (!hasClient()) return context.skip("there is no client yet");
      const known = /^(ms\/|omniq\/lib\/(client|core)\/)/;
      expect(modules["client-only"]?.filter((path) => !known.test(path))).toEqual([]);
      const answer = await harness.getWorker("client-only").fetch("/");
      expect(await answer.json()).toMatchObject({ status: "SUCCESS", result: "hello client" });
    }, 60_000);
  });

  describe("an app on libSQL, in Node", () => {
    beforeAll(async () => {
      project.install("@libsql/client");
      await project.link("@types/node", "@opentelemetry/api");
    }, 120_000);

    it("has types that are right, for Node and for bundlers", async () => {
      const met = ["node", "@libsql/client", "@opentelemetry/api"] as const;
      expect(await checkTypes(["libsql-node/index.ts"], ["node"], met)).toEqual([]);
    }, 120_000);

    it("imports every room that runs in Node, none of them empty", () => {
      const code = 'const { counts } = await import("./all.ts"); console.log(JSON.stringify(counts))';
      const written = runWell(process.execPath, ["--input-type=module", "--eval", code], project.path);
      const counts: number[] = JSON.parse(written);
      expect(counts.length).toBeGreaterThan(0);
      expect(counts.every((count) => count > 0)).toBe(true);
    }, 60_000);

    it("runs a task on a file, and tests on a database in memory", () => {
      const written = runWell(process.execPath, ["libsql-node/index.ts"], project.path);
      expect(JSON.parse(written)).toEqual({ succeeded: 1, result: "hello libSQL" });
    }, 60_000);
  });
}
