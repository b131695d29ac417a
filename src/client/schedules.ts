import type { Schedule, ScheduleChanges, ScheduleDefinition, ScheduleRequest } from "../core/schedule.ts";
import type { EnqueueReceipt, Page } from "../core/storage.ts";
import { checkPayload } from "./request.ts";
import { type Call, ignoreAbsence, type Transport } from "./transport.ts";
import type { CallOptions } from "./types.ts";

/** Which page of the schedules. */
export interface SchedulePage {
  /** From the page before. Defaults to the beginning. */
  readonly cursor?: string | null;
  /** 1 to 1,000. Defaults to 100. */
  readonly limit?: number;
}

/** What is enqueued again and again; `client.schedules` hands it out. */
export class ClientSchedules {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One page, by name. @throws {OmniqError} `invalid_input` */
  async list(page: SchedulePage = {}, { signal }: CallOptions = {}): Promise<Page<Schedule>> {
    const query = { ...page };
    const call: Call = { method: "GET", path: "/v1/schedules", query, signal };
    const { schedules, cursor } = await this.#transport.json(call, "schedules");
    return { items: schedules, cursor };
  }

  /** All of them, page by page. @example for await (const { name, nextAt } of client.schedules.each()) console.log(name, nextAt) */
  async *each(page: SchedulePage = {}, options: CallOptions = {}): AsyncGenerator<Schedule, void> {
    let cursor = page.cursor;
    do {
      const { items, cursor: next } = await this.list({ ...page, cursor }, options);
      yield* items;
      cursor = next;
    } while (cursor !== null);
  }

  /** @throws {OmniqError} `schedule_not_found` */
  get(name: string, { signal }: CallOptions = {}): Promise<Schedule> {
    return this.#transport.json({ method: "GET", path: pathOf(name), signal }, "name");
  }

  /**
   * Makes a schedule that no code declares. It is enabled.
   *
   * @param request made by `schedule`, or one that names its task: `{ name, cron or every, funcPath, kwargs?, ...options }`
   * @throws {OmniqError} `schedule_exists`, `invalid_input`, `unknown_task`
   * @example await client.schedules.create({ name: "nightly", cron: "0 3 * * *", funcPath: "report.build" })
   */
  async create(
    request: ScheduleDefinition | ScheduleRequest,
    { signal }: CallOptions = {},
  ): Promise<Schedule> {
    const body = toScheduleRequest(request);
    checkPayload(body);
    return this.#transport.json({ method: "POST", path: "/v1/schedules", body, signal }, "name");
  }

  /**
   * Edits a schedule; what the changes do not name stays.
   *
   * @throws {OmniqError} `schedule_not_found`, `schedule_changed`, `invalid_input`, `unknown_task`
   * @example await client.schedules.change("digest", { cron: "0 8 * * 1-5" })
   */
  async change(name: string, changes: ScheduleChanges, { signal }: CallOptions = {}): Promise<Schedule> {
    checkPayload({ args: changes.args, kwargs: changes.kwargs });
    return this.#transport.json({ method: "PATCH", path: pathOf(name), body: changes, signal }, "name");
  }

  /** Lets it fire again, from its next firing on. @throws {OmniqError} `schedule_not_found` */
  enable(name: string, options: CallOptions = {}): Promise<Schedule> {
    return this.#post(name, "enable", options);
  }

  /**
   * Keeps it from firing.
   *
   * @param options `reason`: why, for those who come across it. Defaults to none
   * @throws {OmniqError} `schedule_not_found`, `invalid_input`
   * @example await client.schedules.disable("digest", { reason: "the provider is down" })
   */
  disable(
    name: string,
    { reason, signal }: CallOptions & { readonly reason?: string } = {},
  ): Promise<Schedule> {
    const body = reason === undefined ? undefined : { reason };
    const path = `${pathOf(name)}/disable`;
    return this.#transport.json({ method: "POST", path, body, signal }, "name");
  }

  /** One that code declares comes back at the next start: disable it instead. @throws {OmniqError} `schedule_not_found` */
  delete(name: string, { signal }: CallOptions = {}): Promise<void> {
    const deleted = this.#transport.text({ method: "DELETE", path: pathOf(name), signal }, null);
    return ignoreAbsence(deleted);
  }

  /**
   * Enqueues its task now, whether it is enabled or not. Where no reply came it is not sent again, for a second one would be a second
   * task.
   *
   * @throws {OmniqError} `schedule_not_found`
   */
  run(name: string, options: CallOptions = {}): Promise<EnqueueReceipt> {
    return this.#post(name, "run", options, "id", false);
  }

  /**
   * The firings that come next, in milliseconds since the epoch.
   *
   * @param count 1 to 100. Defaults to 5
   * @throws {OmniqError} `schedule_not_found`, `invalid_input`
   */
  async next(name: string, count?: number, { signal }: CallOptions = {}): Promise<readonly number[]> {
    const path = `${pathOf(name)}/next`;
    const { firings } = await this.#transport.json(
      { method: "GET", path, query: { count }, signal },
      "firings",
    );
    return firings;
  }

  #post(name: string, action: string, { signal }: CallOptions, member = "name", isRepeatable = true) {
    const call: Call = { method: "POST", path: `${pathOf(name)}/${action}`, isRepeatable, signal };
    return this.#transport.json(call, member);
  }
}

function pathOf(name: string): string {
  return `/v1/schedules/${encodeURIComponent(name)}`;
}

/** Of a definition's task only the name travels. */
function toScheduleRequest(request: ScheduleDefinition | ScheduleRequest): ScheduleRequest {
  if (!("task" in request)) return request;
  const { name, timing, task, input, options } = request;
  const times = typeof timing === "string" ? { cron: timing } : timing;
  return { ...options, ...times, name, funcPath: task.name, kwargs: input };
}
