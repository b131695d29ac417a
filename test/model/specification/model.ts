/**
 * The queue as its specification tells it, in memory: what the storage must answer to any program. Written from the
 * specification and the contract, not from the SQL.
 */

import type { Subject } from "../subject.ts";
import { claimMany, claimQuarantined, dequeue, findNextEta, hasQuarantined } from "./claim.ts";
import { purgeOutlived } from "./endings.ts";
import { enqueueMany, purgeIdempotencyKeys } from "./enqueue.ts";
import { purgeHistory, readHistory, readTotals } from "./history.ts";
import { cancel, configureQueue, reschedule, retry } from "./operate.ts";
import { changePage, changeTask, deleteTask, runNow } from "./operations.ts";
import { finishPurge, purgeResults, startPurge } from "./purge.ts";
import { getOutcome, getTask, listQueues, listTasks } from "./read.ts";
import * as schedules from "./schedules.ts";
import { markRunning, renewMany, rescueMany, settleMany, settleOne } from "./settle.ts";
import type { State } from "./state.ts";
import { purgeWindows } from "./unique.ts";

export function modelOf(state: State): Subject {
  return {
    enqueueMany: (tasks, now, idempotency) => enqueueMany(state, tasks, now, idempotency),
    dequeue: (now) => dequeue(state, now),
    claimMany: (request) => claimMany(state, request),
    claimQuarantined: (request) => claimQuarantined(state, request),
    hasQuarantined: (request, held) => hasQuarantined(state, request, held),
    findNextEta: (queues) => findNextEta(state, queues),
    markRunning: (claim, now) => markRunning(state, claim, now),
    markDone: (claim, result, now) => settleOne(state, { ...claim, kind: "done", result }, now),
    markFailed: (claim, error, next, now) =>
      next === "final"
        ? settleOne(state, { ...claim, kind: "fail", error }, now)
        : settleOne(state, { ...claim, kind: "retry", error, ...next }, now),
    snooze: (claim, until, now) => settleOne(state, { ...claim, kind: "snooze", until }, now),
    release: (claim, now, until) => settleOne(state, { ...claim, kind: "release", until }, now),
    settleMany: (settlements, now, records) => settleMany(state, settlements, now, records),
    renewMany: (claims, leaseExpiresAt) => renewMany(state, claims, leaseExpiresAt),
    rescueMany: (now, backoff, records) => rescueMany(state, now, backoff, records),
    cancel: (id, now) => cancel(state, id, now),
    retry: (id, now) => retry(state, id, now),
    reschedule: (id, eta, now) => reschedule(state, id, eta, now),
    "operators.delete": (id) => deleteTask(state, id),
    "operators.runNow": (id, now) => runNow(state, id, now),
    "operators.change": (id, change, now) => changeTask(state, id, change, now),
    "bulk.changePage": (filter, change, _cursor, now) => changePage(state, filter, change, now),
    configureQueue: (name, settings) => configureQueue(state, name, settings),
    startPurge: (now, nextAt) => startPurge(state, now, nextAt),
    purgeResults: (request) => purgeResults(state, request),
    finishPurge: (cursor, now) => finishPurge(state, cursor, now),
    purgeIdempotencyKeys: (olderThan) => purgeIdempotencyKeys(state, olderThan),
    "uniques.purgeWindows": (now) => purgeWindows(state, now),
    "schedules.findDue": (now) => schedules.findDue(state, now),
    "schedules.fireMany": (firings, now) => schedules.fireMany(state, firings, now),
    "schedules.findKnown": (app, names) => schedules.findKnown(state, app, names),
    "schedules.declareMany": (...given) => schedules.declareMany(state, ...given),
    "schedules.insert": (schedule, now) => schedules.insert(state, schedule, now),
    "schedules.update": (schedule, read, now) => schedules.update(state, schedule, read, now),
    "schedules.delete": (name) => state.schedules.delete(name),
    "schedules.get": (name) => schedules.getSchedule(state, name),
    "schedules.list": () => schedules.listSchedules(state),
    "history.read": (range) => readHistory(state, range),
    "history.totals": () => readTotals(state),
    "history.purge": (before) => purgeHistory(state, before),
    "lifetimes.purgeOutlived": (now) => purgeOutlived(state, now),
    // Of others it may say so, too.
    mayBePurged: (id) => state.purged.has(id),
    getTask: (id) => getTask(state, id),
    getOutcome: (id) => getOutcome(state, id),
    listTasks: (filter) => listTasks(state, filter),
    listQueues: (now) => listQueues(state, now),
  };
}
