import type { BulkStorage } from "../../src/core/bulk.ts";
import type { LifetimeStorage } from "../../src/core/lifetimes.ts";
import type { OperatorStorage } from "../../src/core/operators.ts";
import type { Storage, TaskFilter } from "../../src/core/storage.ts";
import type { Claim, Task } from "../../src/core/task.ts";
import type { UniqueStorage } from "../../src/core/unique.ts";
import { claimOf } from "./specification/settle.ts";
import { byId } from "./specification/state.ts";

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
  readonly "uniques.purgeWindows": Parameters<UniqueStorage["purgeWindows"]>;
}

export type Verb = StorageVerb | keyof PartArguments;

export type Arguments = { readonly [V in StorageVerb]: Parameters<Storage[V]> } & PartArguments;

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
    "uniques.purgeWindows": (...given) => storage.uniques.purgeWindows(...given),
    configureQueue: (...given) => storage.configureQueue(...given),
    startPurge: (...given) => storage.startPurge(...given),
    purgeResults: (...given) => storage.purgeResults(...given),
    finishPurge: (...given) => storage.finishPurge(...given),
    purgeIdempotencyKeys: (...given) => storage.purgeIdempotencyKeys(...given),
    mayBePurged: (...given) => storage.mayBePurged(...given),
    getTask: (...given) => storage.getTask(...given),
    getOutcome: (...given) => storage.getOutcome(...given),
    listTasks: (filter) => listAll(storage, filter),
    listQueues: (...given) => storage.listQueues(...given),
  };
}

async function settleMany(storage: Storage, ...given: Arguments["settleMany"]) {
  const { settled, lost } = await storage.settleMany(...given);
  const inOrder = (some: readonly Claim[]) => given[0].filter((one) => some.includes(one)).map(claimOf);
  return { settled: inOrder(settled), lost: inOrder(lost) };
}

async function renewMany(storage: Storage, ...given: Arguments["renewMany"]): Promise<Claim[]> {
  return (await storage.renewMany(...given)).map(claimOf);
}

/** No order is promised. */
async function rescueMany(storage: Storage, ...given: Arguments["rescueMany"]) {
  const rescued = await storage.rescueMany(...given);
  return [...rescued].sort((a, b) => byId(a.claim, b.claim));
}

/** Page by page to the end: where a page ends is the storage's to choose. */
async function listAll(storage: Storage, filter: TaskFilter) {
  const items: Task[] = [];
  let cursor: string | undefined;
  do {
    const page = await storage.listTasks({ ...filter, cursor });
    items.push(...page.items);
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined);
  return { items };
}
