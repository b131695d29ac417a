import { hideSecrets } from "./secrets.ts";

/** How the command ends: documented in docs/how-to/cli.md, and stable. */
export const EXIT = {
  ok: 0,
  /** The server, the database or the way to it. */
  error: 1,
  /** What was typed, or a value that was refused. */
  usage: 2,
  /** No such task or schedule, or no more. */
  notFound: 3,
  /** The task that was waited for FAILED or was CANCELLED; `doctor` found something that is not well. */
  unwell: 4,
  /** The task had not ended when the time to wait was over. */
  pending: 5,
  /** Ctrl-C, as shells know it. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What the command itself finds wrong. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: string;
  readonly hint: string | null;
  readonly exitCode: ExitCode;

  constructor(
    code: string,
    message: string,
    {
      hint = null,
      exitCode = EXIT.error,
    }: { readonly hint?: string | null; readonly exitCode?: ExitCode } = {},
  ) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

/** Something typed cannot be used. */
export function refuseUsage(message: string, hint?: string): CliError {
  return new CliError("usage", message, { hint, exitCode: EXIT.usage });
}

/** What is told of an error, whoever threw it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly exitCode: ExitCode;
}

const NOT_FOUND = new Set(["task_not_found", "task_purged", "schedule_not_found", "not_found"]);
const REFUSED = new Set(["invalid_input", "not_serializable", "too_large"]);

const HINTS: Readonly<Record<string, string>> = {
  unauthorized: "give a key of the server's OMNIQ_KEYS as OMNIQ_KEY; `omniq keys new` makes one",
  forbidden: "the key has another scope: `omniq doctor` tells which it has",
  unknown_task: "the server runs no task of this name: see that it is deployed, and how the name is spelt",
  network_error: "see that --url or OMNIQ_URL is right, and run `omniq doctor`",
  invalid_reply: "see that --url or OMNIQ_URL is that of OmniQ's API",
  http_error: "see that --url or OMNIQ_URL is that of OmniQ's API",
  storage_unavailable: "see that the database's URL and token are right, and run `omniq doctor`",
  task_not_found: "`omniq ls` lists the tasks that there are",
  task_purged: "what has ended is kept for a time only: see OMNIQ_RESULT_TTL",
  schedule_not_found: "`omniq schedules` lists those that there are",
  wrong_status: "`omniq show ID` tells the task's status",
};

/** Reads an error that was thrown: its code, what to do, and how the command is to end. */
export function toFailure(error: unknown): Failure {
  const failure = readError(error);
  return { ...failure, message: hideSecrets(failure.message) };
}

function readError(error: unknown): Failure {
  if (error instanceof CliError) {
    const { code, message, hint, exitCode } = error;
    return { code, message, hint, exitCode };
  }
  if (!(error instanceof Error))
    return { code: "error", message: String(error), hint: null, exitCode: EXIT.error };
  const { message } = error;
  if ("syscall" in error && "path" in error)
    return { code: "file_error", message, hint: null, exitCode: EXIT.error };
  const code = "code" in error && typeof error.code === "string" ? error.code : "error";
  // A server's own configuration is not what was typed.
  const isTyped = REFUSED.has(code) || (code === "invalid_config" && !("status" in error));
  const exitCode = NOT_FOUND.has(code) ? EXIT.notFound : isTyped ? EXIT.usage : EXIT.error;
  return { code, message, hint: HINTS[code] ?? null, exitCode };
}
