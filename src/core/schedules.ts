import type { Clock } from "./clock.ts";
import { parseInteger } from "./duration.ts";
import type { EventListener } from "./events.ts";
import { newId } from "./id.ts";
import type { Intake } from "./intake.ts";
import { LIMITS, parseText } from "./options.ts";
import { NOTHING_REDACTED, redactTask } from "./redact.ts";
import type { Registry } from "./registry.ts";
import type { Schedule, ScheduleChanges, ScheduleDefinition, ScheduleRequest } from "./schedule.ts";
import { ScheduleChangedError, ScheduleExistsError, ScheduleNotFoundError } from "./schedule-errors.ts";
import { prepareSchedule, requestOf } from "./schedule-request.ts";
import type { EditedSchedule } from "./schedule-storage.ts";
import { serialize } from "./serialize.ts";
import type { EnqueueReceipt, Page, Storage } from "./storage.ts";
import { NO_EXTRAS } from "./task.ts";
import { firstFiring, listFirings, type Timing } from "./timing.ts";

/** How often an edit is made anew where the schedule was fired or edited meanwhile. */
const MOST_TRIES = 5;
const BY_AN_OPERATOR = "disabled by an operator";

interface SchedulesParts {
  readonly storage: Pick<Storage, "schedules">;
  readonly registry: Registry;
  readonly intake: Intake;
  readonly clock: Pick<Clock, "now">;
  readonly emit: EventListener;
  /** Whether what is answered is to be shown. */
  readonly redacts: boolean;
  /** Counts what may let something fire sooner than it was known. */
  readonly edits: { count: number };
  /** Wakes the drains of this process. */
  readonly wake: () => void;
}

/** The schedules of a queue, at run time. Made by `queue.schedules`. */
export class Schedules {
  readonly #parts: SchedulesParts;

  constructor(parts: SchedulesParts) {
    this.#parts = parts;
  }

  /**
   * One page of schedules, by name.
   *
   * @param options `limit`, 1 to 1,000, defaults to 100; `cursor` goes on from the page before
   * @throws {ValidationError}
   */
  async list(
    options: { readonly cursor?: string | null; readonly limit?: number } = {},
  ): Promise<Page<Schedule>> {
    const { cursor = null, limit = 100 } = options;
    const after = cursor === null ? null : parseText(cursor, "cursor");
    const bound = parseInteger(limit, "limit", LIMITS.listLimit);
    const page = await this.#parts.storage.schedules.list(after, bound);
    return { ...page, items: page.items.map((schedule) => this.#show(schedule)) };
  }

  /** @throws {ScheduleNotFoundError} {@link ValidationError} */
  async get(name: string): Promise<Schedule> {
    return this.#show(await this.#find(name));
  }

  /**
   * Makes a schedule that no code declares. It is enabled.
   *
   * @param request made by `schedule`, or one that names its task: `{ name, cron or every, funcPath, kwargs?, ...options }`
   * @throws {ScheduleExistsError} {@link ValidationError} {@link UnknownTaskError}
   * @example await queue.schedules.create({ name: "nightly", cron: "0 3 * * *", funcPath: "report.build" })
   */
  async create(request: ScheduleDefinition | ScheduleRequest): Promise<Schedule> {
    const { storage, intake, clock } = this.#parts;
    const instant = clock.now();
    const prepared = await prepareSchedule(request, intake, instant);
    if (!(await storage.schedules.insert(prepared, instant))) throw new ScheduleExistsError(prepared.name);
    this.#noteEdit();
    return this.get(prepared.name);
  }

  /**
   * Edits a schedule, also one that code declares: what is edited stays until that code itself changes. The next firing stays
   * where the timing does.
   *
   * @param changes what a request to create one may say; what is absent stays
   * @throws {ScheduleNotFoundError} {@link ValidationError} {@link UnknownTaskError} {@link ScheduleChangedError}
   * @example await queue.schedules.update("digest", { cron: "0 8 * * 1-5" })
   */
  update(name: string, changes: ScheduleChanges): Promise<Schedule> {
    return this.#edit(name, async (schedule, now) => {
      const request = applyChanges(schedule, changes);
      const prepared = await prepareSchedule(request, this.#parts.intake, now);
      const { enabled, disabledReason } = schedule;
      const nextAt = !enabled ? null : hasTimingOf(schedule, prepared) ? schedule.nextAt : prepared.nextAt;
      return { ...prepared, enabled, disabledReason, nextAt };
    });
  }

  /** Lets it fire again, from its next firing on: what it missed is not made up for. @throws {ScheduleNotFoundError} */
  enable(name: string): Promise<Schedule> {
    return this.#edit(name, (schedule, now) =>
      schedule.enabled
        ? null
        : { ...asStored(schedule), enabled: true, disabledReason: null, nextAt: firstFiring(schedule, now) },
    );
  }

  /**
   * Keeps it from firing. Tasks that it has enqueued run.
   *
   * @param reason for the eye. Defaults to "disabled by an operator"
   * @throws {ScheduleNotFoundError} {@link ValidationError}
   */
  disable(name: string, reason: string = BY_AN_OPERATOR): Promise<Schedule> {
    const disabledReason = parseText(reason, "reason");
    return this.#edit(name, (schedule) =>
      schedule.enabled ? { ...asStored(schedule), enabled: false, disabledReason, nextAt: null } : null,
    );
  }

  /** One that code declares comes back at the next start: disable it instead. @throws {ScheduleNotFoundError} */
  async delete(name: string): Promise<void> {
    const found = await this.#parts.storage.schedules.delete(parseText(name, "name"));
    if (!found) throw new ScheduleNotFoundError(name);
  }

  /**
   * Enqueues its task now, whether it is enabled or not. Its firings stay as they are.
   *
   * @returns the task's id; `duplicate: true` with that of another where it holds the unique key
   * @throws {ScheduleNotFoundError}
   */
  async run(name: string): Promise<EnqueueReceipt> {
    const schedule = await this.#find(name);
    const now = this.#parts.clock.now();
    const { funcPath, options } = schedule;
    const { expiresIn, resultTtl, onSuccess, uniqueWhile, ...shared } = options;
    const expiresAt = expiresIn === null ? null : now + expiresIn;
    const origin = { schedule: schedule.name, scheduledFor: now };
    const extras = { ...NO_EXTRAS, ...origin, expiresAt, resultTtl, onSuccess, uniqueWhile };
    const { args, kwargs } = asStored(schedule);
    const head = { id: newId(now), idGiven: false, funcPath, args, kwargs };
    const task = { ...head, ...shared, eta: now, interval: null, extras };
    const receipt = await this.#parts.intake.insert(task, now);
    const { id, duplicate } = receipt;
    if (!duplicate) {
      this.#parts.emit({ type: "task.enqueued", task: { id, attempts: 0, funcPath, queue: task.queue } });
    }
    return receipt;
  }

  /**
   * The firings that come next: none of one that is disabled.
   *
   * @param count 1 to 100. Defaults to 5
   * @throws {ScheduleNotFoundError} {@link ValidationError}
   */
  async next(name: string, count = 5): Promise<readonly number[]> {
    const bound = parseInteger(count, "count", LIMITS.firings);
    const schedule = await this.#find(name);
    return listFirings(schedule, schedule.nextAt, bound);
  }

  async #find(name: string): Promise<Schedule> {
    const schedule = await this.#parts.storage.schedules.get(parseText(name, "name"));
    if (schedule === null) throw new ScheduleNotFoundError(name);
    return schedule;
  }

  /** @param change what becomes of it; null where it is as wanted already */
  async #edit(
    name: string,
    change: (schedule: Schedule, now: number) => Promise<EditedSchedule | null> | EditedSchedule | null,
  ): Promise<Schedule> {
    const { storage } = this.#parts;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const now = this.#parts.clock.now();
      const schedule = await this.#find(name);
      const edited = await change(schedule, now);
      if (edited === null) return this.#show(schedule);
      if (await storage.schedules.update(edited, schedule, now)) {
        this.#noteEdit();
        return this.get(name);
      }
    }
    throw new ScheduleChangedError(name);
  }

  #noteEdit(): void {
    this.#parts.edits.count += 1;
    this.#parts.wake();
  }

  #show(schedule: Schedule): Schedule {
    const { registry, redacts } = this.#parts;
    const definition = redacts ? registry.find(schedule.funcPath) : undefined;
    return redactTask(schedule, definition?.redaction ?? NOTHING_REDACTED);
  }
}

/** An interval knows no time zone. */
function hasTimingOf(one: Timing, other: Timing): boolean {
  if (one.every !== null) return one.every === other.every;
  return one.cron === other.cron && one.timezone === other.timezone;
}

/** A schedule as it was read, to be written again. */
function asStored(schedule: Schedule): EditedSchedule {
  const limits = { maxBytes: LIMITS.payloadBytes, maxDepth: LIMITS.depth };
  const args = serialize(schedule.args, "args", limits);
  return { ...schedule, args, kwargs: serialize(schedule.kwargs, "kwargs", limits) };
}

/** What a request says with the changes: one timing takes the place of the other, and null takes an option away. */
function applyChanges(schedule: Schedule, changes: ScheduleChanges): ScheduleRequest {
  const { cron, every, ...rest } = requestOf(schedule);
  const { unique, uniqueKey, expiresIn, resultTtl, ...others } = changes;
  // Where only the key goes that it was about, it goes too.
  const isKeyless = uniqueKey === null && rest.uniqueKey !== undefined;
  const keepsTiming = changes.cron === undefined && changes.every === undefined;
  return {
    ...rest,
    ...(keepsTiming ? { cron, every } : {}),
    ...withoutUndefined(others),
    unique: choose(unique, isKeyless ? undefined : rest.unique),
    uniqueKey: choose(uniqueKey, rest.uniqueKey),
    expiresIn: choose(expiresIn, rest.expiresIn),
    resultTtl: choose(resultTtl, rest.resultTtl),
    name: schedule.name,
  };
}

function choose<T>(change: T | null | undefined, known: T | undefined): T | undefined {
  return change === undefined ? known : (change ?? undefined);
}

function withoutUndefined<T extends object>(changes: T): Partial<T> {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const partial: Partial<T> = {};
  return Object.assign(partial, Object.fromEntries(given));
}
