import type { QueryBudget } from "./budget.ts";
import { chooseFirings } from "./catch-up.ts";
import type { Declaration } from "./declaration.ts";
import type { DrainOptions, Engine } from "./engine.ts";
import type { EventListener } from "./events.ts";
import type { Horizon } from "./horizon.ts";
import { newId } from "./id.ts";
import type { Intake } from "./intake.ts";
import type { Poller } from "./poller.ts";
import type { Schedule } from "./schedule.ts";
import type { Firing, FiringReport } from "./schedule-storage.ts";

const NEVER = Number.POSITIVE_INFINITY;
/** How long it may take until a schedule is known that another process has made, in milliseconds. */
const LOOK_EVERY = 60_000;
const RETRY_AFTER = 1_000;
/** Tasks of one batch: beyond them, the other schedules have their turn in the next. */
const MOST_TASKS = 1_000;
/** Queries of a look that finds something due. */
const SCHEDULE_QUERIES = 3;

/** What a scheduler knows of the schedules of its own process. */
export interface ScheduleParts {
  /** Null where the code says nothing of schedules. */
  readonly declaration: Declaration | null;
  readonly intake: Intake;
  /** Counts the edits of this process: each makes it look again. */
  readonly edits: { count: number };
}

/** What is decided for a schedule that is due. */
interface Plan {
  readonly schedule: Schedule;
  readonly firing: Firing;
  readonly skipped: number;
}

/** Fires what is due of the schedules: a duty of a drain. */
export class Scheduler {
  readonly #engine: Engine;
  readonly #parts: ScheduleParts;
  readonly #budget: Pick<QueryBudget, "left" | "spacing">;
  readonly #horizon: Horizon;
  #nextAt: number;
  #edits: number;

  /**
   * @param start when it looks first
   * @param options whether it looks at all
   */
  constructor(
    engine: Engine,
    budget: QueryBudget,
    horizon: Horizon,
    start: number,
    options: Pick<DrainOptions, "schedules">,
  ) {
    this.#engine = engine;
    this.#budget = budget;
    this.#horizon = horizon;
    this.#parts = engine.schedules;
    this.#nextAt = options.schedules === false ? NEVER : start;
    this.#edits = this.#parts.edits.count;
  }

  get nextAt(): number {
    const isEdited = this.#nextAt < NEVER && this.#edits !== this.#parts.edits.count;
    return isEdited ? Number.NEGATIVE_INFINITY : this.#nextAt;
  }

  /** Nothing more is fired. */
  stop(): void {
    this.#nextAt = NEVER;
  }

  /** Fires what is due, and tells the poller where tasks have come. */
  async fireDue(poller: Pick<Poller, "wake">): Promise<void> {
    const now = this.#engine.clock.now();
    if (now < this.nextAt) return;
    // Where queries are few, those that run tasks go first.
    if (this.#budget.left(now) <= SCHEDULE_QUERIES) return this.stop();
    if ((await this.#fire(now, this.#budget.spacing(now, this.#horizon))) > 0) poller.wake();
  }

  /**
   * @param spacing the least delay until the next look that the query budget allows, in milliseconds
   * @returns how many tasks it has enqueued
   */
  async #fire(now: number, spacing: number): Promise<number> {
    const { storage, emit } = this.#engine;
    const { declaration, intake, edits } = this.#parts;
    // Where the database does not answer.
    this.#nextAt = now + RETRY_AFTER;
    this.#edits = edits.count;
    if (declaration !== null && !declaration.isSynchronized) {
      await declaration.synchronize(storage.schedules, intake, emit, now);
    }
    const { due, upcoming } = await storage.schedules.findDue(now);
    const plans = takePlans(due, (schedule) => this.#plan(schedule, now));
    const later = Math.max(Math.min(upcoming ?? NEVER, now + LOOK_EVERY), now + spacing);
    this.#nextAt = later;
    if (plans.length === 0) return 0;
    const report = await storage.schedules.fireMany(
      plans.map(({ firing }) => firing),
      now,
    );
    // One that was fired by another is on file with another time, and so is one that the limits of a batch have left out.
    const isAll = plans.length === due.length && due.length < 100 && report.fired.size === plans.length;
    const nextAt = Math.min(...plans.map(({ firing }) => firing.nextAt ?? NEVER));
    if (isAll) this.#nextAt = Math.max(Math.min(later, nextAt), now + spacing);
    // What was read may be stale, and stay so for a while.
    else this.#nextAt = report.fired.size > 0 ? now : now + RETRY_AFTER;
    for (const plan of plans) tell(plan, report, emit);
    return report.inserted.size;
  }

  #plan(schedule: Schedule, now: number): Plan {
    const { name, updatedAt, jitter } = schedule;
    const { uniqueKey } = schedule.options;
    const dueAt = schedule.nextAt ?? now;
    try {
      const { fired, skipped, nextAt } = chooseFirings(schedule, dueAt, now);
      const delay = () => Math.floor(this.#engine.random() * (jitter + 1));
      const tasks = fired.map((at) => ({ id: newId(now), eta: at + delay(), scheduledFor: at }));
      return { schedule, firing: { name, dueAt, updatedAt, nextAt, uniqueKey, tasks }, skipped };
    } catch (error) {
      // Somebody has edited the row by hand: it stops, and keeps no other from firing.
      this.#engine.emit({ type: "schedule.refused", name, error });
      const stopped = { name, dueAt, updatedAt, nextAt: null, uniqueKey, tasks: [] };
      return { schedule, firing: stopped, skipped: 0 };
    }
  }
}

/** As many as one batch may have tasks, and one at least. */
function takePlans(due: readonly Schedule[], plan: (schedule: Schedule) => Plan): Plan[] {
  const plans: Plan[] = [];
  let size = 0;
  for (const schedule of due) {
    if (size >= MOST_TASKS) break;
    const next = plan(schedule);
    size += next.firing.tasks.length;
    plans.push(next);
  }
  return plans;
}

function tell(
  { schedule, firing, skipped }: Plan,
  { fired, inserted }: FiringReport,
  emit: EventListener,
): void {
  const { name, tasks } = firing;
  if (!fired.has(name)) return;
  const made = tasks.filter(({ id }) => inserted.has(id));
  const notMade = tasks.length - made.length;
  if (tasks.length + skipped === 0) return;
  const { funcPath, options } = schedule;
  for (const { id } of made) {
    emit({ type: "task.enqueued", task: { id, attempts: 0, funcPath, queue: options.queue } });
  }
  emit({
    type: "schedule.fired",
    name,
    firedFor: made.map(({ scheduledFor }) => scheduledFor),
    taskIds: made.map(({ id }) => id),
    skipped: skipped + notMade,
  });
}
