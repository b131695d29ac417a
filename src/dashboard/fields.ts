import { ValidationError } from "../core/errors.ts";
import type { DashboardContext } from "./context.ts";
import { readProblem, sentence } from "./errors.tsx";

/** The text fields of a form, as they were sent: a name may begin with a space. Others are left out. */
export async function readFields(context: DashboardContext): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(await context.req.parseBody())) {
    if (typeof value === "string") texts[name] = value;
  }
  return texts;
}

/** The address of a page with a query; what is empty is left out. */
export function addressOf(
  path: string,
  query: Readonly<Record<string, string | number | null | undefined>>,
): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === null || value === undefined || value === "" ? [] : [[name, String(value)]],
  );
  const search = new URLSearchParams(given).toString();
  return search === "" ? path : `${path}?${search}`;
}

/**
 * Does what a form asks for.
 *
 * @returns what is wrong with what was written, to be told beside the form; null where it was done
 */
export async function faultOf(
  context: DashboardContext,
  act: () => Promise<unknown>,
): Promise<string | null> {
  try {
    await act();
    return null;
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return `${sentence((await readProblem(error, context)).detail)}.`;
  }
}
