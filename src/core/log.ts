/** How much is logged: each level includes those after it. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "none"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes structured lines. Handlers get one as `ctx.log`, with the task's id on each line. */
export type Logger = Readonly<
  Record<Exclude<LogLevel, "none">, (message: string, fields?: Readonly<Record<string, unknown>>) => void>
>;

export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** A logger that adds `fields` to each line, and throws nothing: a task does not fail for a line that cannot be written. */
export function withFields(logger: Logger, fields: Readonly<Record<string, unknown>>): Logger {
  return {
    debug: (message, more) => harmless(() => logger.debug(message, { ...fields, ...more })),
    info: (message, more) => harmless(() => logger.info(message, { ...fields, ...more })),
    warn: (message, more) => harmless(() => logger.warn(message, { ...fields, ...more })),
    error: (message, more) => harmless(() => logger.error(message, { ...fields, ...more })),
  };
}

/** Drops what writing a line throws: there is nowhere left to tell of it. */
export function harmless(write: () => void): void {
  try {
    write();
  } catch {}
}
