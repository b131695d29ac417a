import { HistoryQuery } from "../../../src/http/history.ts";
import { CountQuery } from "../../../src/http/operate-schemas.ts";
import {
  DisableBody,
  NewScheduleBody,
  NextQuery,
  ScheduleListQuery,
} from "../../../src/http/schedule-schemas.ts";
import { ListQuery, NewTaskBody, PurgeQuery } from "../../../src/http/schemas.ts";
import { operator } from "./credentials.ts";
import { IDS } from "./likely.ts";
import { type Call, call, type Probe } from "./probe.ts";

type Place = (text: string) => Call;

const post = (fields: object) =>
  call("POST", "/v1/tasks", "enqueue", JSON.stringify({ funcPath: "fuzz.echo", delay: "1h", ...fields }));
const bulk = (fields: object) =>
  call("POST", "/v1/tasks/bulk", "admin", JSON.stringify({ action: "cancel", filter: {}, ...fields }));
const onSchedule = (method: string, name: string, verb: string, fields?: object) =>
  call(method, `/v1/schedules/${encode(name)}${verb}`, "admin", fields && JSON.stringify(fields));
const encode = encodeURIComponent;

/** Every place of a request's path, query and body where a text can be given. */
export const PLACES: readonly Place[] = [
  ...Object.keys(NewTaskBody.entries).map(
    (name): Place =>
      (text) =>
        post({ [name]: text }),
  ),
  (text) => post({ args: [text, [text]] }),
  (text) => post({ kwargs: { [text]: { [text]: text } } }),
  (text) => post({ [text]: text }),
  (text) => call("POST", "/v1/tasks", "enqueue", text),
  (text) => call("PUT", `/v1/queues/${encode(text)}`, "admin", '{"concurrency":7}'),
  (text) => call("PUT", "/v1/queues/mail", "admin", JSON.stringify({ paused: text, concurrency: text })),
  (text) => call("GET", `/v1/tasks/${encode(text)}`, "read"),
  (text) => call("GET", `/v1/tasks/${encode(text)}/result`, "read"),
  (text) => call("POST", `/v1/tasks/${encode(text)}/cancel`, "admin"),
  (text) => call("POST", `/v1/tasks/${encode(text)}/retry`, "admin"),
  (text) => call("POST", `/v1/tasks/${encode(text)}/run`, "admin"),
  (text) => call("DELETE", `/v1/tasks/${encode(text)}`, "admin"),
  (text) => call("PATCH", `/v1/tasks/${IDS[0]}`, "admin", JSON.stringify({ queue: text, priority: text })),
  (text) => call("PATCH", `/v1/tasks/${IDS[0]}`, "admin", JSON.stringify({ queue: text })),
  (text) => call("POST", `/v1/tasks/${IDS[0]}/reschedule`, "admin", JSON.stringify({ eta: text })),
  (text) => bulk({ action: text }),
  (text) => bulk({ filter: { all: text } }),
  (text) => bulk({ filter: { queue: text, errorType: text } }),
  (text) => bulk({ filter: { funcPath: text, schedule: text }, cursor: text }),
  (text) => bulk({ action: "change", filter: { queue: text }, set: { queue: text } }),
  ...Object.keys(CountQuery.entries).map(
    (name): Place =>
      (text) =>
        call("GET", `/v1/tasks/count?${name}=${encode(text)}`, "read"),
  ),
  (text) => call("GET", `/v1/tasks/${IDS[0]}/result?wait=${encode(text)}`, "read"),
  (text) => call("GET", `/v1/tasks?${encode(text)}=1`, "read"),
  ...Object.keys(ListQuery.entries).map(
    (name): Place =>
      (text) =>
        call("GET", `/v1/tasks?${name}=${encode(text)}`, "read"),
  ),
  ...Object.keys(HistoryQuery.entries).map(
    (name): Place =>
      (text) =>
        call("GET", `/v1/history?${name}=${encode(text)}`, "read"),
  ),
  ...Object.keys(NewScheduleBody.entries).map(
    (name): Place =>
      (text) => {
        const fields = { name: "nightly", cron: "0 3 * * *", funcPath: "fuzz.echo", [name]: text };
        return call("POST", "/v1/schedules", "admin", JSON.stringify(fields));
      },
  ),
  (text) => onSchedule("PATCH", "nightly", "", { uniqueKey: text, timezone: text }),
  (text) => onSchedule("PATCH", "nightly", "", { unique: { while: text } }),
  (text) => onSchedule("PATCH", text, "", { kwargs: { [text]: text } }),
  (text) => onSchedule("POST", "nightly", "/disable", { [Object.keys(DisableBody.entries)[0] ?? ""]: text }),
  ...["/enable", "/disable", "/run"].map(
    (verb): Place =>
      (text) =>
        onSchedule("POST", text, verb),
  ),
  (text) => onSchedule("DELETE", text, ""),
  (text) => call("GET", `/v1/schedules/${encode(text)}`, "read"),
  ...Object.keys(NextQuery.entries).map(
    (name): Place =>
      (text) =>
        call("GET", `/v1/schedules/nightly/next?${name}=${encode(text)}`, "read"),
  ),
  ...Object.keys(ScheduleListQuery.entries).map(
    (name): Place =>
      (text) =>
        call("GET", `/v1/schedules?${name}=${encode(text)}`, "read"),
  ),
  ...Object.keys(PurgeQuery.entries).map(
    (name): Place =>
      (text) =>
        call("DELETE", `/v1/results?${name}=${encode(text)}`, "admin"),
  ),
];

/** A text in one of the places, sent by one who may do everything. */
export function inject(place: Place, text: string): Probe {
  return { ...place(text), kind: "injections", headers: {}, credential: operator };
}
