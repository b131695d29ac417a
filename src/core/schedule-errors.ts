import { OmniqError } from "./errors.ts";

/** No schedule has this name. */
export class ScheduleNotFoundError extends OmniqError {
  readonly code = "schedule_not_found";
  readonly schedule: string;

  constructor(schedule: string) {
    super(`no schedule has the name ${JSON.stringify(schedule)}`);
    this.schedule = schedule;
  }
}

/** A schedule was to be made whose name another one has. */
export class ScheduleExistsError extends OmniqError {
  readonly code = "schedule_exists";
  readonly schedule: string;

  constructor(schedule: string) {
    super(
      `a schedule has the name ${JSON.stringify(schedule)} already: update that one, or choose another name`,
    );
    this.schedule = schedule;
  }
}

/** A schedule was edited by others again and again while an edit of it was under way. */
export class ScheduleChangedError extends OmniqError {
  readonly code = "schedule_changed";
  readonly schedule: string;

  constructor(schedule: string) {
    super(`the schedule ${JSON.stringify(schedule)} was edited by others meanwhile: read it, and try again`);
    this.schedule = schedule;
  }
}
