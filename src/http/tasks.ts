import { Hono } from "hono";
import { sha256 } from "../core/digest.ts";
import { TaskPurgedError } from "../core/errors.ts";
import { parseText, RETENTION_DEFAULTS } from "../core/options.ts";
import { type EnqueueRequest, pendingTask } from "../core/prepare.ts";
import type { Registry } from "../core/registry.ts";
import type { EnqueueReceipt, IdempotencyKey } from "../core/storage.ts";
import type { NewTask } from "../core/task.ts";
import type { ApiContext, ApiVariables } from "./api.ts";
import { requires } from "./auth.ts";
import { BATCH_BYTES, limitBody, readJson, TASK_BYTES } from "./body.ts";
import { BatchBody, ListQuery, NewTaskBody, parse, ResultQuery } from "./schemas.ts";

export function taskRoutes() {
  const app = new Hono<{ Variables: ApiVariables }>();

  app.post("/tasks", requires("enqueue"), limitBody(TASK_BYTES), async (context) => {
    const { queue } = context.var;
    const body = await readJson(context);
    const request = toRequest(parse(NewTaskBody, body), queue.registry);
    const now = queue.now();
    const task = await queue.prepare(request, now);
    const [receipt] = await queue.submit([task], now, await idempotencyOf(context, body, now));
    if (receipt === undefined) throw new Error("one task makes one receipt");
    kickIfDue(context, [task], [receipt], now);
    if (receipt.duplicate)
      return context.json({ ...(await getMet(context, receipt.id)), duplicate: true }, 200);
    return context.json(pendingTask(task, now), 201, { location: `${context.req.path}/${task.id}` });
  });

  app.post("/tasks/batch", requires("enqueue"), limitBody(BATCH_BYTES), async (context) => {
    const { queue } = context.var;
    const body = await readJson(context);
    const { tasks: members } = parse(BatchBody, body);
    const requests = members.map((member, index) => {
      const within = `tasks[${index}]`;
      return toRequest(parse(NewTaskBody, member, within), queue.registry, within);
    });
    const now = queue.now();
    const tasks = await queue.prepareMany(requests, now);
    const receipts = await queue.submit(tasks, now, await idempotencyOf(context, body, now));
    kickIfDue(context, tasks, receipts, now);
    const duplicates = receipts.filter((receipt) => receipt.duplicate).map((receipt) => receipt.id);
    return context.json({ ids: receipts.map((receipt) => receipt.id), duplicates }, 201);
  });

  app.get("/tasks", requires("read"), async (context) => {
    const filter = parse(ListQuery, context.req.query());
    const { items, cursor } = await context.var.queue.list(filter);
    return context.json({ tasks: items, cursor });
  });

  app.get("/tasks/:id", requires("read"), async (context) =>
    context.json(await context.var.queue.get(context.req.param("id"))),
  );

  app.get("/tasks/:id/result", requires("read"), async (context) => {
    const { wait } = parse(ResultQuery, context.req.query());
    const id = context.req.param("id");
    const result = await context.var.queue.result(id, { wait });
    if (result !== null) return context.json(result);
    return context.json({ taskId: id, result: null }, 202, { "retry-after": "1" });
  });

  app.post("/tasks/:id/cancel", requires("admin"), async (context) =>
    context.json(await context.var.queue.cancel(context.req.param("id"))),
  );

  app.post("/tasks/:id/retry", requires("admin"), async (context) => {
    const task = await context.var.queue.retry(context.req.param("id"));
    context.var.api.kick?.();
    return context.json(task);
  });

  return app;
}

function toRequest(body: NewTaskBody, registry: Registry, within?: string): EnqueueRequest {
  const { funcPath, kwargs = {}, ...options } = body;
  const field = within === undefined ? "funcPath" : `${within}.funcPath`;
  return { task: registry.get(funcPath, field), input: kwargs, options };
}

async function idempotencyOf(
  context: ApiContext,
  body: unknown,
  now: number,
): Promise<IdempotencyKey | undefined> {
  const header = context.req.header("idempotency-key");
  if (header === undefined) return undefined;
  const key = parseText(header, "Idempotency-Key");
  const fingerprint = await sha256(`${context.req.path}\n${JSON.stringify(body)}`);
  const expiredBefore = now - RETENTION_DEFAULTS.idempotencyKey;
  return { apiKey: context.var.caller, key, fingerprint, expiredBefore };
}

/** The task that an input met; it may have gone since. */
async function getMet(context: ApiContext, id: string) {
  const task = await context.var.queue.storage.getTask(id);
  if (task === null) throw new TaskPurgedError(id);
  return task;
}

function kickIfDue(
  context: ApiContext,
  tasks: readonly NewTask[],
  receipts: readonly EnqueueReceipt[],
  now: number,
): void {
  const due = tasks.some((task, index) => task.eta <= now && receipts[index]?.duplicate === false);
  if (due) context.var.api.kick?.();
}
