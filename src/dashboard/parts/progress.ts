import type { JsonValue } from "../../core/task.ts";
import { previewJson } from "./json.tsx";

const LENGTH = 96;

/** How far a handler says that it has come: `40 %, page 4`. */
export function formatProgress(progress: JsonValue): string {
  if (typeof progress !== "object" || progress === null || Array.isArray(progress)) {
    return previewJson(progress, LENGTH);
  }
  const { value, message } = progress;
  if (typeof value !== "number") return previewJson(progress, LENGTH);
  const percent = `${Math.round(value * 100)} %`;
  return typeof message === "string" ? `${percent}, ${message}` : percent;
}
