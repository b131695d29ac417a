import type { Readings } from "../core/readings.ts";
import type { ScheduleStorage } from "../core/schedule-storage.ts";
import type { Task } from "../core/task.ts";
import { listAll } from "./assertions.ts";

/** Finds when something is due next. */
export class Moments {
  readonly #queue: Pick<Readings, "list">;
  readonly #schedules: Pick<ScheduleStorage, "findDue">;
  readonly #names: ReadonlySet<string>;

  /** @param names of the tasks that have a handler: no other ever starts */
  constructor(
    queue: Pick<Readings, "list">,
    schedules: Pick<ScheduleStorage, "findDue">,
    names: ReadonlySet<string>,
  ) {
    this.#queue = queue;
    this.#schedules = schedules;
    this.#names = names;
  }

  /** The first eta after `now`; of an interval task between its runs, which never ends, none. */
  async nextEta(now: number): Promise<number | null> {
    return this.#earliest(now, (task) => task.interval === null || task.eta !== task.scheduledFor);
  }

  /** The first eta, or firing of a schedule, after `now`. */
  async next(now: number): Promise<number | null> {
    const eta = await this.#earliest(now, () => true);
    const { upcoming } = await this.#schedules.findDue(now);
    if (eta === null || upcoming === null) return eta ?? upcoming;
    return Math.min(eta, upcoming);
  }

  async #earliest(now: number, counts: (task: Task) => boolean): Promise<number | null> {
    const waiting = (await listAll(this.#queue)).filter(
      ({ status, awaits }) => (status === "PENDING" || status === "RETRYING") && awaits === 0,
    );
    const etas = waiting
      .filter((task) => task.eta > now && this.#names.has(task.funcPath) && counts(task))
      .map(({ eta }) => eta);
    return etas.length === 0 ? null : Math.min(...etas);
  }
}
