import type { IconName } from "./parts/icon.tsx";

/** An entry of the menu: a page that stands right under where the dashboard is mounted. */
export interface NavEntry {
  /** Its path, without a slash. */
  readonly path: string;
  readonly label: string;
  readonly icon: IconName;
}

/** The menu, in its order; the first is where the root leads. */
export const NAV: readonly NavEntry[] = [
  { path: "overview", label: "Overview", icon: "overview" },
  { path: "tasks", label: "Tasks", icon: "tasks" },
  { path: "queues", label: "Queues", icon: "queues" },
  { path: "schedules", label: "Schedules", icon: "schedules" },
  { path: "dead-letters", label: "Dead letters", icon: "dead" },
  { path: "workers", label: "Workers", icon: "workers" },
];
