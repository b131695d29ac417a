/** What the routes of `../schedules.ts` take and answer. */
import { text } from "../fields.ts";
import {
  DisableBody,
  NewScheduleBody,
  NextQuery,
  ScheduleChangesBody,
  ScheduleListQuery,
} from "../schedule-schemas.ts";
import type { Operation } from "./operation.ts";
import { Receipt } from "./replies.ts";
import { Firings, Schedule, SchedulePage } from "./schedule-replies.ts";

const tag = "Schedules";
const ofSchedule = { name: text("The name of the schedule.") };
const one = { 200: { description: "The schedule.", schema: Schedule } };

export const scheduleOperations: readonly Operation[] = [
  {
    ...{ method: "get", path: "/v1/schedules", id: "listSchedules", tag, scope: "read" },
    summary: "List schedules by name",
    query: ScheduleListQuery,
    replies: { 200: { description: "A page of schedules.", schema: SchedulePage } },
  },
  {
    ...{ method: "post", path: "/v1/schedules", id: "createSchedule", tag, scope: "admin" },
    summary: "Make a schedule",
    description: "With a cron or an interval, not both.",
    body: NewScheduleBody,
    example: { name: "nightly", cron: "0 3 * * *", funcPath: "sample.add", kwargs: { a: 1, b: 2 } },
    replies: {
      201: {
        description: "The schedule.",
        schema: Schedule,
        headers: { location: "The path of the schedule." },
      },
    },
    problems: ["schedule_exists", "unknown_task", "not_serializable"],
  },
  {
    ...{ method: "get", path: "/v1/schedules/{name}", id: "getSchedule", tag, scope: "read" },
    summary: "Read a schedule",
    params: ofSchedule,
    replies: one,
    problems: ["schedule_not_found"],
  },
  {
    ...{ method: "patch", path: "/v1/schedules/{name}", id: "changeSchedule", tag, scope: "admin" },
    summary: "Change what a schedule says; null takes away what may be null",
    params: ofSchedule,
    body: ScheduleChangesBody,
    example: { cron: "0 4 * * *" },
    replies: one,
    problems: ["schedule_not_found", "schedule_changed", "unknown_task", "not_serializable"],
  },
  {
    ...{ method: "delete", path: "/v1/schedules/{name}", id: "deleteSchedule", tag, scope: "admin" },
    summary: "Delete a schedule",
    description: "One that code declares comes back at the next start: disable it instead.",
    params: ofSchedule,
    replies: { 204: { description: "It is gone." } },
    problems: ["schedule_not_found"],
  },
  {
    ...{ method: "post", path: "/v1/schedules/{name}/enable", id: "enableSchedule", tag, scope: "admin" },
    summary: "Let a schedule fire again, from its next firing on",
    params: ofSchedule,
    replies: one,
    problems: ["schedule_not_found", "schedule_changed"],
  },
  {
    ...{ method: "post", path: "/v1/schedules/{name}/disable", id: "disableSchedule", tag, scope: "admin" },
    summary: "Keep a schedule from firing",
    params: ofSchedule,
    body: DisableBody,
    bodyIsOptional: true,
    example: { reason: "Moved to the other app" },
    replies: one,
    problems: ["schedule_not_found", "schedule_changed"],
  },
  {
    ...{ method: "post", path: "/v1/schedules/{name}/run", id: "runSchedule", tag, scope: "admin" },
    summary: "Enqueue the task of a schedule now",
    params: ofSchedule,
    replies: {
      201: { description: "The new task.", schema: Receipt, headers: { location: "The path of the task." } },
      200: { description: "Another task has its unique key.", schema: Receipt },
    },
    problems: ["schedule_not_found"],
  },
  {
    ...{ method: "get", path: "/v1/schedules/{name}/next", id: "listFirings", tag, scope: "read" },
    summary: "List the firings that come next: none of a schedule that is disabled",
    params: ofSchedule,
    query: NextQuery,
    replies: { 200: { description: "Moments.", schema: Firings } },
    problems: ["schedule_not_found"],
  },
];
