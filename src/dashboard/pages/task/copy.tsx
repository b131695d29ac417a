import { Hono } from "hono";
import { FieldError, IdConflictError } from "../../../core/errors.ts";
import { newId } from "../../../core/id.ts";
import { parseJson } from "../../../core/json.ts";
import type { TaskRequest } from "../../../core/prepare.ts";
import type { JsonValue, Task } from "../../../core/task.ts";
import { HttpError } from "../../../http/problem.ts";
import type { DashboardContext, DashboardEnv } from "../../context.ts";
import { readProblem, sentence } from "../../errors.tsx";
import { acts } from "../../guard.ts";
import { renderPage } from "../../page.tsx";
import { CopyForm, type CopyValues } from "./copy-form.tsx";
import { restoreRedacted } from "./restore.ts";

/** A task that is edited and enqueued again: a new one, whatever became of the first. */
export function copyRoutes() {
  const app = new Hono<DashboardEnv>();

  app.get("/tasks/:id/copy", async (context) => {
    const { queue, visitor, now } = context.var.view;
    if (visitor?.may("enqueue") !== true) {
      throw new HttpError("forbidden", "the key", "one with the scope enqueue", "one without");
    }
    const task = await queue.get(context.req.param("id"));
    return showForm(context, task, valuesOf(task, now));
  });

  app.post("/tasks/:id/copy", acts("enqueue"), async (context) => {
    const { api, queue, base, now } = context.var.view;
    const shown = await queue.get(context.req.param("id"));
    const values = readValues(await context.req.parseBody());
    try {
      const { task, due } = await queue.submit(await toRequest(context, shown, values));
      if (due) api.kick?.();
      return context.redirect(`${base}tasks/${task.id}`, 303);
    } catch (error) {
      if (error instanceof IdConflictError) {
        const detail = "This form was sent before, with another content: it is a new one now. Send it again.";
        return showForm(context, shown, { ...values, id: newId(now) }, { field: null, detail });
      }
      if (!(error instanceof FieldError)) throw error;
      const { detail } = await readProblem(error, context);
      return showForm(context, shown, values, { field: fieldOf(error), detail: `${sentence(detail)}.` });
    }
  });

  return app;
}

function valuesOf({ args, kwargs, queue, priority }: Task, now: number): CopyValues {
  const text = (value: JsonValue) => JSON.stringify(value, null, 2);
  return {
    id: newId(now),
    args: text(args),
    kwargs: text(kwargs),
    queue,
    priority: String(priority),
    eta: "",
  };
}

function readValues(body: Readonly<Record<string, unknown>>): CopyValues {
  const read = (name: keyof CopyValues) => String(body[name] ?? "");
  return {
    id: read("id"),
    args: read("args").trim(),
    kwargs: read("kwargs").trim(),
    queue: read("queue"),
    priority: read("priority").trim(),
    eta: read("eta").trim(),
  };
}

/** @throws {FieldError} where a field cannot be read */
async function toRequest(context: DashboardContext, shown: Task, values: CopyValues): Promise<TaskRequest> {
  const { args, kwargs } = {
    args: readField("args", values.args),
    kwargs: readField("kwargs", values.kwargs),
  };
  // What was not shown is read anew, and goes nowhere but into the task.
  const original = await context.var.view.api.queue.get(shown.id);
  return {
    // A form that is sent twice makes one task.
    id: values.id === "" ? undefined : values.id,
    funcPath: shown.funcPath,
    args: toList(restoreRedacted(args, shown.args, original.args, "args")),
    kwargs: restoreRedacted(kwargs, shown.kwargs, original.kwargs, "kwargs"),
    queue: values.queue,
    priority: values.priority === "" ? undefined : Number(values.priority),
    eta: values.eta === "" ? undefined : `${values.eta}Z`.replace(/T(\d\d:\d\d)Z$/, "T$1:00Z"),
    maxRetries: shown.maxRetries,
    timeout: shown.timeout,
  };
}

function readField(field: "args" | "kwargs", text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new HttpError(
      "invalid_json",
      field,
      field === "args" ? "a JSON array" : "a JSON object",
      "another text",
    );
  }
}

function toList(args: unknown): unknown[] {
  if (Array.isArray(args)) return args;
  throw new HttpError("invalid_json", "args", "a JSON array", "another value");
}

/** The field of the form that a fault is about. */
function fieldOf({ field }: FieldError): keyof CopyValues | null {
  const [root] = field.split(/[.[]/);
  switch (root) {
    case "args":
    case "kwargs":
    case "queue":
    case "priority":
    case "eta":
      return root;
    default:
      return null;
  }
}

function showForm(
  context: DashboardContext,
  task: Task,
  values: CopyValues,
  fault?: { readonly field: keyof CopyValues | null; readonly detail: string },
) {
  return renderPage(
    context,
    { title: `A copy of ${task.funcPath}`, section: "tasks", status: fault === undefined ? 200 : 400 },
    <CopyForm task={task} values={values} fault={fault} />,
  );
}
