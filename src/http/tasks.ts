import { Hono } from "hono";
import { sha256 } from "../core/digest.ts";
import { parseText } from "../core/options.ts";
import type { CallerKey } from "../core/storage.ts";
import type { Task } from "../core/task.ts";
import { requires } from "./auth.ts";
import { BATCH_BYTES, limitBody, readJson, TASK_BYTES } from "./body.ts";
import type { ApiContext, ApiVariables } from "./context.ts";
import { allowOnly } from "./methods.ts";
import { BatchBody, ListQuery, NewTaskBody, parse, ResultQuery } from "./schemas.ts";
import { readQuery } from "./url.ts";

export function taskRoutes() {
  const app = new Hono<{ Variables: ApiVariables }>();

  app.post("/tasks", requires("enqueue"), limitBody(TASK_BYTES), async (context) => {
    const request = parse(NewTaskBody, await readJson(context));
    const key = await idempotencyOf(context);
    const { task, due, ...met } = await context.var.queue.submit(request, key);
    if (due) context.var.api.kick?.();
    if (met.duplicate) return context.json({ ...showMet(context, task, request), ...met }, 200);
    // As it was encoded: a path that the app was mounted under may hold what no header can.
    return context.json(task, 201, { location: `${new URL(context.req.url).pathname}/${task.id}` });
  });

  app.post("/tasks/batch", requires("enqueue"), limitBody(BATCH_BYTES), async (context) => {
    const { tasks } = parse(BatchBody, await readJson(context));
    const requests = tasks.map((member, index) => parse(NewTaskBody, member, `tasks[${index}]`));
    const key = await idempotencyOf(context);
    const { receipts, due } = await context.var.queue.submitMany(requests, key);
    if (due) context.var.api.kick?.();
    const duplicates = receipts.filter((receipt) => receipt.duplicate).map((receipt) => receipt.id);
    const replaced = receipts.filter((receipt) => receipt.replaced).map((receipt) => receipt.id);
    const ids = receipts.map((receipt) => receipt.id);
    return context.json({ ids, duplicates, ...(replaced.length > 0 ? { replaced } : {}) }, 201);
  });

  app.all("/tasks/batch", allowOnly("POST"));

  app.get("/tasks", requires("read"), async (context) => {
    const filter = parse(ListQuery, readQuery(context));
    const { items, cursor } = await context.var.queue.list(filter);
    return context.json({ tasks: items, cursor });
  });

  app.all("/tasks", allowOnly("GET", "HEAD", "POST"));

  app.get("/tasks/:id", requires("read"), async (context) =>
    context.json(await context.var.queue.get(context.req.param("id"))),
  );

  app.all("/tasks/:id", allowOnly("GET", "HEAD", "PATCH", "DELETE"));

  app.get("/tasks/:id/result", requires("read"), async (context) => {
    const { wait } = parse(ResultQuery, readQuery(context));
    const id = context.req.param("id");
    const result = await context.var.queue.result(id, { wait });
    if (result !== null) return context.json(result);
    return context.json({ taskId: id, result: null }, 202, { "retry-after": "1" });
  });

  app.all("/tasks/:id/result", allowOnly("GET", "HEAD"));

  app.post("/tasks/:id/cancel", requires("admin"), async (context) =>
    context.json(await context.var.queue.cancel(context.req.param("id"))),
  );

  app.all("/tasks/:id/cancel", allowOnly("POST"));

  app.post("/tasks/:id/retry", requires("admin"), async (context) => {
    const task = await context.var.queue.retry(context.req.param("id"));
    context.var.api.kick?.();
    return context.json(task);
  });

  app.all("/tasks/:id/retry", allowOnly("POST"));

  return app;
}

async function idempotencyOf(context: ApiContext): Promise<CallerKey | undefined> {
  const header = context.req.header("idempotency-key");
  if (header === undefined) return undefined;
  const key = parseText(header, "Idempotency-Key");
  // Of the bytes: to write the body anew would overflow the stack where it is nested deep.
  const body = await sha256(await context.req.arrayBuffer());
  return { apiKey: context.var.caller, key, fingerprint: await sha256(`${context.req.path}\n${body}`) };
}

/** Who may not read is not shown what is in another's task, met by its unique key. */
function showMet(context: ApiContext, task: Task, { args = [], kwargs = {} }: NewTaskBody): Partial<Task> {
  const isAsSent = JSON.stringify([task.args, task.kwargs]) === JSON.stringify([args, kwargs]);
  if (context.var.mayRead || isAsSent) return task;
  const { args: _args, kwargs: _kwargs, errors: _errors, ...rest } = task;
  return rest;
}
