import { useView } from "../context.ts";

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

/** A length of time for the eye, such as `3 min`; what is below a second in milliseconds. */
export function formatDuration(milliseconds: number): string {
  const [unit, size] = UNITS.find(([, size]) => milliseconds >= size) ?? ["ms", 1];
  const count = milliseconds / size;
  // A second and a half is worth telling, an hour and a half too.
  const digits = count < 10 && unit !== "ms" && unit !== "d" ? 1 : 0;
  return `${Number(count.toFixed(digits))} ${unit}`;
}

/** `3 min ago`, `in 2 h`. */
export function formatRelative(at: number, now: number): string {
  const distance = Math.abs(now - at);
  if (distance < 1_000) return "now";
  const [unit, size] = UNITS.find(([, size]) => distance >= size) ?? ["s", 1_000];
  const text = `${Math.floor(distance / size)} ${unit}`;
  return at > now ? `in ${text}` : `${text} ago`;
}

/** `2026-11-24 09:00:00.000 UTC`. */
export function formatExact(at: number): string {
  return `${new Date(at).toISOString().replace("T", " ").replace("Z", "")} UTC`;
}

/** A moment: how far it is from now, and what it is exactly. */
export function Time({ at }: { at: number }) {
  const { now } = useView();
  return (
    <time datetime={new Date(at).toISOString()} title={formatExact(at)}>
      {formatRelative(at, now)}
    </time>
  );
}
