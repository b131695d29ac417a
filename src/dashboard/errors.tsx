import type { ErrorHandler } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { parseJson } from "../core/json.ts";
import { HttpError, type Problem, problemOf } from "../http/problem.ts";
import type { DashboardContext, DashboardEnv } from "./context.ts";
import { isPartial, renderPage } from "./page.tsx";

/** What each fault is called on a page; others have the title of their kind. */
const TITLES: Partial<Record<Problem["code"], string>> = {
  not_found: "There is no such page",
  task_not_found: "There is no such task",
  task_purged: "This task is gone",
  schedule_not_found: "There is no such schedule",
  forbidden: "This key may not do that",
  wrong_status: "Its status forbids that",
  schema_missing: "The database has no schema yet",
  storage_unavailable: "The database does not answer",
  storage_overloaded: "The database has too much to do",
  internal_error: "Something went wrong here",
};

/** A form of another session, which its page gives anew. */
export class FormError extends HttpError {
  /** The page that it stands on. */
  readonly page: string;

  constructor(page: string) {
    super("forbidden", "the form", "one of this session", "one of another: nothing was done");
    this.page = page;
  }
}

/** What a fault says to who looks at a page: the same as the API says. */
export async function readProblem(error: unknown, context: DashboardContext): Promise<Problem> {
  const problem: Problem = parseJson(await problemOf(error, context).text());
  return problem;
}

/** A fault as a page, with a way back. */
export const showError: ErrorHandler<DashboardEnv> = async (error, context) => {
  const problem = await readProblem(error, context);
  if (problem.status >= 500) context.var.view?.api.onError?.(error);
  // The part that was to be replaced stays, and says that it is old.
  if (isPartial(context) || context.var.view === undefined) return problemOf(error, context);
  if (!(error instanceof FormError)) return renderProblem(context, problem);
  const back = { page: error.page, label: "Load the page again" };
  return renderProblem(context, { ...problem, title: "This form is out of date" }, back);
};

/** @param back where it leads to in the place of the first page, with the title of the problem as it is */
export function renderProblem(
  context: DashboardContext,
  problem: Problem,
  back?: { readonly page: string; readonly label: string },
) {
  const title = (back === undefined && TITLES[problem.code]) || sentence(problem.title);
  const page = (
    <section class="problem">
      <p class="problem-status">{problem.status}</p>
      <h1>{title}</h1>
      <p>{sentence(problem.detail)}.</p>
      <p>
        <a class="button" href={`${context.var.view.base || "./"}${back?.page ?? ""}`}>
          {back?.label ?? "To the first page"}
        </a>
      </p>
    </section>
  );
  return renderPage(context, { title, status: statusOf(problem) }, page);
}

function statusOf({ status }: Problem): ContentfulStatusCode {
  switch (status) {
    case 400:
    case 403:
    case 404:
    case 409:
    case 410:
    case 413:
    case 503:
      return status;
    default:
      return 500;
  }
}

/** Begins with a capital. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
