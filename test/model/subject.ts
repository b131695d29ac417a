import type { BulkStorage } from "../../src/core/bulk.ts";
import type { HistoryCounts, HistoryStorage } from "../../src/core/history.ts";
import type { LifetimeStorage } from "../../src/core/lifetimes.ts";
import type { OperatorStorage } from "../../src/core/operators.ts";
import type { ScheduleStorage } from "../../src/core/schedule-storage.ts";
import type { Page, Storage } from "../../src/core/storage.ts";
import type { Claim } from "../../src/core/task.ts";
import type { UniqueStorage } from "../../src/core/unique.ts";
import { claimOf } from "./specification/settle.ts";
import { byId, byName } from "./specification/state.ts";

type StorageVerb =
  | "enqueueMany"
  | "dequeue"
  | "claimMany"
  | "claimQuarantined"
  | "hasQuarantined"
  | "findNextEta"
  | "markRunning"
  | "markDone"
  | "markFailed"
  | "snooze"
  | "release"
  | "settleMany"
  | "renewMany"
  | "rescueMany"
  | "cancel"
  | "retry"
  | "reschedule"
  | "configureQueue"
  | "startPurge"
  | "purgeResults"
  | "finishPurge"
  | "purgeIdempotencyKeys"
  | "mayBePurged"
  | "getTask"
  | "getOutcome"
  | "listTasks"
  | "listQueues";

interface PartArguments {
  readonly "operators.delete": Parameters<OperatorStorage["delete"]>;
  readonly "operators.runNow": Parameters<OperatorStorage["runNow"]>;
  readonly "operators.change": Parameters<OperatorStorage["change"]>;
  readonly "bulk.changePage": Parameters<BulkStorage["changePage"]>;
  readonly "lifetimes.purgeOutlived": Parameters<LifetimeStorage["purgeOutlived"]>;
  readonly "history.read": Parameters<HistoryStorage["read"]>;
  readonly "history.totals": Parameters<HistoryStorage["totals"]>;
  readonly "history.purge": Parameters<HistoryStorage["purge"]>;
  readonly "uniques.purgeWindows": Parameters<UniqueStorage["purgeWindows"]>;
}

type ScheduleArguments = {
  readonly [V in keyof ScheduleStorage as `schedules.${V}`]: Parameters<ScheduleStorage[V]>;
};

export type Verb = StorageVerb | keyof PartArguments | keyof ScheduleArguments;

export type Arguments = { readonly [V in StorageVerb]: Parameters<Storage[V]> } & PartArguments &
  ScheduleArguments;

/** What programs are run on, the model and the product alike. Answers are compared as data, whatever their type. */
export type Subject = { readonly [V in Verb]: (...given: Arguments[V]) => unknown };

/** The product, its answers brought to the form in which the model gives them: here, and only here, they are adapted. */
export function subjectOf(storage: Storage): Subject {
  return {
    enqueueMany: (...given) => storage.enqueueMany(...given),
    dequeue: (...given) => storage.dequeue(...given),
    claimMany: (...given) => storage.claimMany(...given),
    claimQuarantined: (...given) => storage.claimQuarantined(...given),
    hasQuarantined: (...given) => storage.hasQuarantined(...given),
    findNextEta: (...given) => storage.findNextEta(...given),
    markRunning: (...given) => storage.markRunning(...given),
    markDone: (...given) => storage.markDone(...given),
    markFailed: (...given) => storage.markFailed(...given),
    snooze: (...given) => storage.snooze(...given),
    release: (...given) => storage.release(...given),
    settleMany: (...given) => settleMany(storage, ...given),
    renewMany: (...given) => renewMany(storage, ...given),
    rescueMany: (...given) => rescueMany(storage, ...given),
    cancel: (...given) => storage.cancel(...given),
    retry: (...given) => storage.retry(...given),
    reschedule: (...given) => storage.reschedule(...given),
    "operators.delete": (...given) => storage.operators.delete(...given),
    "operators.runNow": (...given) => storage.operators.runNow(...given),
    "operators.change": (...given) => storage.operators.change(...given),
    "bulk.changePage": (...given) => storage.bulk.changePage(...given),
    "lifetimes.purgeOutlived": (...given) => storage.lifetimes.purgeOutlived(...given),
    "history.read": (...given) => storage.history.read(...given),
    // In no order.
    "history.totals": async () => [...(await storage.history.totals())].sort(byQueue),
    "history.purge": (...given) => storage.history.purge(...given),
    "uniques.purgeWindows": (...given) => storage.uniques.purgeWindows(...given),
    ...schedulesOf(storage),
    configureQueue: (...given) => storage.configureQueue(...given),
    startPurge: (...given) => storage.startPurge(...given),
    purgeResults: (...given) => storage.purgeResults(...given),
    finishPurge: (...given) => storage.finishPurge(...given),
    purgeIdempotencyKeys: (...given) => storage.purgeIdempotencyKeys(...given),
    mayBePurged: (...given) => storage.mayBePurged(...given),
    getTask: (...given) => storage.getTask(...given),
    getOutcome: (...given) => storage.getOutcome(...given),
    listTasks: ({ cursor = null, ...filter }) =>
      allPages(cursor, (after) => storage.listTasks({ ...filter, cursor: after ?? undefined })),
    listQueues: (...given) => storage.listQueues(...given),
  };
}

function schedulesOf({ schedules }: Storage): Pick<Subject, keyof ScheduleArguments> {
  return {
    // Of those that are due at once, no order is promised.
    "schedules.findDue": async (...given) => {
      const { due, upcoming } = await schedules.findDue(...given);
      return { due: [...due].sort(byName), upcoming };
    },
    "schedules.fireMany": async (...given) => {
      const { fired, inserted } = await schedules.fireMany(...given);
      return { fired: [...fired].sort(), inserted: [...inserted].sort() };
    },
    "schedules.findKnown": async (...given) => [...(await schedules.findKnown(...given))].sort(byName),
    "schedules.declareMany": (...given) => schedules.declareMany(...given),
    "schedules.insert": (...given) => schedules.insert(...given),
    "schedules.update": (...given) => schedules.update(...given),
    "schedules.delete": (...given) => schedules.delete(...given),
    "schedules.get": (...given) => schedules.get(...given),
    "schedules.list": (cursor, limit) => allPages(cursor, (after) => schedules.list(after, limit)),
  };
}

/** Page by page to the end: where a page ends is the storage's to choose. */
async function allPages<T>(first: string | null, readPage: (cursor: string | null) => Promise<Page<T>>) {
  const items: T[] = [];
  for (let cursor: string | null = first; ; ) {
    const page = await readPage(cursor);
    items.push(...page.items);
    cursor = page.cursor;
    if (cursor === null) return { items };
  }
}

async function settleMany(storage: Storage, ...given: Arguments["settleMany"]) {
  const { settled, lost } = await storage.settleMany(...given);
  const inOrder = (some: readonly Claim[]) => given[0].filter((one) => some.includes(one)).map(claimOf);
  return { settled: inOrder(settled), lost: inOrder(lost) };
}

async function renewMany(storage: Storage, ...given: Arguments["renewMany"]): Promise<Claim[]> {
  return (await storage.renewMany(...given)).map(claimOf);
}

const byQueue = (a: HistoryCounts, b: HistoryCounts) => (a.queue < b.queue ? -1 : 1);

/** No order is promised. */
async function rescueMany(storage: Storage, ...given: Arguments["rescueMany"]) {
  const rescued = await storage.rescueMany(...given);
  return [...rescued].sort((a, b) => byId(a.claim, b.claim));
}
