const SECOND = 1_000;
const UNITS = [
  ["d", 86_400 * SECOND],
  ["h", 3_600 * SECOND],
  ["m", 60 * SECOND],
  ["s", SECOND],
] as const;

/** A length of time in at most two units: `3d 4h`, `12 s`, `85 ms`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < SECOND) return `${Math.round(milliseconds)} ms`;
  const index = UNITS.findIndex(([, size]) => milliseconds >= size);
  const [unit, size] = UNITS[index] ?? UNITS[3];
  const whole = Math.floor(milliseconds / size);
  const next = UNITS[index + 1];
  const rest = next === undefined ? 0 : Math.floor((milliseconds - whole * size) / next[1]);
  return next === undefined || rest === 0 ? `${whole}${unit}` : `${whole}${unit} ${rest}${next[0]}`;
}

/** How far a moment is from now: `in 5m`, `12s ago`. */
export function formatAge(at: number, now: number): string {
  if (Math.abs(at - now) < SECOND) return "now";
  return at > now ? `in ${formatDuration(at - now)}` : `${formatDuration(now - at)} ago`;
}

/** A moment in UTC, to the second: `2026-11-24 09:00:00Z`. */
export function formatInstant(at: number): string {
  return new Date(at).toISOString().replace("T", " ").replace(/\.\d+/, "");
}

/** 12345 as `12,345`. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** `1 task`, `2 tasks`. */
export function formatTasks(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "task" : "tasks"}`;
}

/** A word for a shell: what has a name of its own there is taken as it is written. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** One line of it, of visible characters alone: what a task holds must not steer the terminal. */
export function toLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, "\ufffd");
}

/** Lines of it, the rest as for {@link toLine}; each keeps its indentation. */
export function toLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => `${/^ */.exec(line)?.[0] ?? ""}${toLine(line.trimStart())}`)
    .join("\n");
}
