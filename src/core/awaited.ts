import type { NewTask } from "./task.ts";

/** Beyond so many ids it forgets all: what is released is then found by a poll. */
const MAX_REMEMBERED = 10_000;

/** Tasks that others wait for, as far as this process has enqueued those: as one ends, its drain looks at once for what that released. */
export class Awaited {
  readonly #ids = new Set<string>();

  note(tasks: readonly NewTask[]): void {
    for (const { extras } of tasks) for (const id of extras?.after ?? []) this.#ids.add(id);
    if (this.#ids.size > MAX_REMEMBERED) this.#ids.clear();
  }

  /** Whether one waits for it; it is forgotten. */
  take(id: string): boolean {
    return this.#ids.delete(id);
  }
}
