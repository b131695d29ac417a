import type { Schedule } from "../core/schedule.ts";
import type {
  DueSchedules,
  EditedSchedule,
  Firing,
  FiringReport,
  NewSchedule,
  ScheduleStorage,
} from "../core/schedule-storage.ts";
import type { Page } from "../core/storage.ts";
import type { Databases } from "./databases.ts";
import { toLists } from "./lists.ts";
import type { ScheduleRow } from "./rows.ts";
import { firingJson, scheduleJson, toSchedule } from "./schedule-rows.ts";

/** The schedules of a database. */
export function makeSchedules(databases: Databases): ScheduleStorage {
  const { tasks, sql } = databases;
  return {
    findDue: (now) => findDue(databases, now),
    fireMany: (firings, now) => fireMany(databases, firings, now),
    findKnown: async (app, names) => {
      const rows = await tasks.decide(sql.findKnownSchedules({ app, names: JSON.stringify(names) }));
      return rows.map(({ name, owner, declared, enabled, disabled_reason: disabledReason }) => {
        return { name, app: owner, declared, enabled: enabled === 1, disabledReason };
      });
    },
    declareMany: async (app, changed, names, removedReason, now) => {
      await tasks.writeMany(() => ({
        declared: toLists(changed, scheduleJson).map(({ json }) =>
          sql.declareSchedules({ schedules: json, removedReason, now }),
        ),
        removed: [sql.removeSchedules({ app, names: JSON.stringify(names), removedReason, now })],
      }));
    },
    insert: (schedule, now) => insert(databases, schedule, now),
    update: (schedule, read, now) => update(databases, schedule, read, now),
    delete: async (name) => {
      const { rows, resent } = await tasks.writeMany(() => ({ deleted: [sql.deleteSchedule({ name })] }));
      return resent || rows.deleted.length > 0;
    },
    get: async (name) => {
      const [row] = await tasks.decide(sql.getSchedule({ name }));
      return row === undefined ? null : toSchedule(row);
    },
    list: (cursor, limit) => list(databases, cursor, limit),
  };
}

async function findDue({ tasks, sql }: Databases, now: number): Promise<DueSchedules> {
  const rows = await tasks.read(sql.findDueSchedules({ now }));
  const due = rows.filter(({ name }) => name !== null).map(toSchedule);
  return { due, upcoming: rows[0]?.upcoming ?? null };
}

async function fireMany(
  { tasks, sql }: Databases,
  firings: readonly Firing[],
  now: number,
): Promise<FiringReport> {
  const lists = toLists(firings, firingJson).map(({ json, items }) => {
    return { firings: json, now, isKeyed: items.some(({ uniqueKey }) => uniqueKey !== null) };
  });
  const { rows } = await tasks.writeMany((resent) => ({
    over: lists.filter(({ isKeyed }) => isKeyed).map(sql.cancelOverFirings),
    inserted: lists.map(sql.insertFirings),
    advanced: lists.map(sql.advanceSchedules),
    before: resent ? lists.map(sql.findFired) : [],
  }));
  return {
    fired: new Set([...rows.advanced, ...rows.before].map(({ name }) => name)),
    inserted: new Set([...rows.inserted, ...rows.before].map(({ id }) => id)),
  };
}

async function insert({ tasks, sql }: Databases, schedule: NewSchedule, now: number): Promise<boolean> {
  const { rows, resent } = await tasks.writeMany(() => ({
    inserted: [sql.insertSchedule({ schedules: `[${scheduleJson(schedule)}]`, now })],
    found: [sql.getSchedule({ name: schedule.name })],
  }));
  if (rows.inserted.length > 0) return true;
  // The first send may be the one that made it: by this instant's mark.
  const [found] = rows.found;
  return resent && found?.created_at === now && found.owner === schedule.app;
}

async function update(
  { tasks, sql }: Databases,
  schedule: EditedSchedule,
  read: Pick<Schedule, "updatedAt" | "nextAt">,
  now: number,
): Promise<boolean> {
  // Each edit has a time of its own, by which a firing tells that there was one.
  const updatedAt = Math.max(now, read.updatedAt + 1);
  const { rows, resent } = await tasks.writeMany(() => ({
    updated: [
      sql.updateSchedule({
        schedule: `[${scheduleJson(schedule)}]`,
        readAt: read.updatedAt,
        readNextAt: read.nextAt,
        updatedAt,
      }),
    ],
    found: [sql.getSchedule({ name: schedule.name })],
  }));
  return rows.updated.length > 0 || (resent && rows.found[0]?.updated_at === updatedAt);
}

async function list(
  { tasks, sql }: Databases,
  cursor: string | null,
  limit: number,
): Promise<Page<Schedule>> {
  const rows = await tasks.read(sql.listSchedules({ after: cursor ?? "", limit }));
  const last: ScheduleRow | undefined = rows.at(-1);
  return {
    items: rows.map(toSchedule),
    cursor: rows.length === limit && last !== undefined ? last.name : null,
  };
}
