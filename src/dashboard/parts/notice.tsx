import type { Child } from "hono/jsx";

/** What came of an action: told at once by a screen reader. */
export function Notice({ kind, children }: { kind: "done" | "fault"; children: Child }) {
  return (
    <p class={`notice ${kind}`} role={kind === "fault" ? "alert" : "status"}>
      {children}
    </p>
  );
}
