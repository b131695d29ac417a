import type { QueueEvent } from "./events.ts";
import { DURATION_BOUNDS, type HistoryCounts } from "./history.ts";

/** What one queue has done, being counted. */
type Counting = { -readonly [K in keyof HistoryCounts]: HistoryCounts[K] };

/**
 * Counts what this process does, from the events that it hears.
 *
 * @example createQueue({ storage, tasks, onEvent: (event) => metrics.note(event) })
 */
export class Metrics {
  readonly #queues = new Map<string, Counting>();

  /** Counted so far, by queue. */
  get counts(): readonly HistoryCounts[] {
    return [...this.#queues.values()];
  }

  note(event: QueueEvent): void {
    switch (event.type) {
      case "task.started":
        this.#of(event.task.queue).started += 1;
        break;
      case "task.succeeded":
        this.#end(event.task.queue, "succeeded", event.duration);
        break;
      case "task.failed":
        this.#end(event.task.queue, "failed", event.duration);
        break;
      case "task.retrying":
        this.#end(event.task.queue, "retried", event.duration);
        break;
    }
  }

  #end(queue: string, how: "succeeded" | "failed" | "retried", duration: number): void {
    const counts = this.#of(queue);
    counts[how] += 1;
    counts.duration += duration;
    const bounds = [...DURATION_BOUNDS, Number.POSITIVE_INFINITY];
    counts.durations = bounds.map(
      (bound, index) => (counts.durations[index] ?? 0) + (duration <= bound ? 1 : 0),
    );
  }

  #of(queue: string): Counting {
    const none = { queue, started: 0, succeeded: 0, failed: 0, retried: 0, duration: 0, durations: [] };
    const counts = this.#queues.get(queue) ?? none;
    this.#queues.set(queue, counts);
    return counts;
  }
}
