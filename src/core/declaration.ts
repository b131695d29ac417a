import { sha256 } from "./digest.ts";
import { ConfigError, ValidationError } from "./errors.ts";
import type { EventListener } from "./events.ts";
import type { Intake } from "./intake.ts";
import { parseText } from "./options.ts";
import type { ScheduleDefinition } from "./schedule.ts";
import { prepareSchedule } from "./schedule-request.ts";
import type { KnownSchedule, NewSchedule, ScheduleStorage } from "./schedule-storage.ts";

/** Why a schedule is disabled that its app's code declares no more. */
export const REMOVED = "removed from the code";

/** The schedules that the code of an app declares, to be brought into the database once by each process. */
export class Declaration {
  readonly app: string;
  readonly schedules: readonly ScheduleDefinition[];
  #isSynchronized = false;

  /** @throws {ConfigError} when two schedules share a name, {@link ValidationError} when the app's name is none */
  constructor(schedules: readonly ScheduleDefinition[], app = "default") {
    this.app = parseText(app, "app");
    this.schedules = schedules;
    const names = schedules.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice === undefined) return;
    throw new ConfigError("schedules", "schedules with names of their own", `two named ${twice}`);
  }

  get isSynchronized(): boolean {
    return this.#isSynchronized;
  }

  /**
   * Brings the database to what the code declares, where the code has changed since this app last did so: one read, and one batch
   * where something is to be written. A schedule that cannot be declared is told of, and keeps no other.
   */
  async synchronize(
    storage: ScheduleStorage,
    intake: Pick<Intake, "prepare">,
    emit: EventListener,
    now: number,
  ): Promise<void> {
    const names = this.schedules.map(({ name }) => name);
    const known = new Map((await storage.findKnown(this.app, names)).map((row) => [row.name, row]));
    const changed: NewSchedule[] = [];
    for (const definition of this.schedules) {
      const { name } = definition;
      try {
        const declared = await this.#declare(definition, known.get(name), intake, now);
        if (declared !== null) changed.push(declared);
      } catch (error) {
        emit({ type: "schedule.refused", name, error });
      }
    }
    const isRemoved = ({ name, app, enabled }: KnownSchedule) =>
      app === this.app && enabled && !names.includes(name);
    if (changed.length > 0 || [...known.values()].some(isRemoved)) {
      await storage.declareMany(this.app, changed, names, REMOVED, now);
    }
    this.#isSynchronized = true;
  }

  /** @returns null where the database has it already */
  async #declare(
    definition: ScheduleDefinition,
    known: KnownSchedule | undefined,
    intake: Pick<Intake, "prepare">,
    now: number,
  ): Promise<NewSchedule | null> {
    const owner = known?.app ?? null;
    if (owner !== null && owner !== this.app) {
      const got = `"${definition.name}", which the app ${JSON.stringify(owner)} declares`;
      throw new ValidationError("the name of the schedule", "its app's own", got);
    }
    const prepared = await prepareSchedule(definition, intake, now);
    const { nextAt: _, ...content } = prepared;
    const declared = await sha256(JSON.stringify(content));
    const wasRemoved = known?.enabled === false && known.disabledReason === REMOVED;
    if (known?.declared === declared && !wasRemoved) return null;
    return { ...prepared, app: this.app, declared };
  }
}
