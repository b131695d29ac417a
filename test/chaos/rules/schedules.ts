import type { FinalTask } from "../history.ts";
import type { QueueRule } from "../rules.ts";

/** What holds of schedules that fire every so often, and whose tasks are kept. */
export const scheduleRules: Readonly<Record<string, QueueRule>> = {
  "each firing is made at most once": ({ end }, _, report) => {
    const seen = new Set<string>();
    for (const task of end.tasks.filter(({ schedule }) => schedule)) {
      const firing = `${task.schedule} at ${task.scheduledFor}`;
      if (seen.has(firing)) report(`${task.id} is a second firing of ${firing}`);
      seen.add(firing);
    }
  },

  "a firing is for a moment of its schedule": ({ end }, _, report) => {
    for (const { name, every, createdAt, lastAt } of end.schedules ?? []) {
      for (const at of firingsOf(name, end.tasks))
        if ((at - createdAt) % every !== 0 || at <= createdAt || at > (lastAt ?? 0))
          report(`${name} fired for ${at}, from ${createdAt} every ${every} ms until ${lastAt}`);
    }
  },

  "a schedule that catches up on all leaves out no firing": ({ end }, _, report) => {
    for (const { name, every, catchUp, createdAt, lastAt } of end.schedules ?? []) {
      if (catchUp !== "all" || lastAt === null) continue;
      const made = new Set(firingsOf(name, end.tasks));
      for (let at = createdAt + every; at <= lastAt; at += every)
        if (!made.has(at)) report(`${name} did not fire for ${at}, and did for ${lastAt}`);
    }
  },
};

function firingsOf(name: string, tasks: readonly FinalTask[]): number[] {
  return tasks.filter(({ schedule }) => schedule === name).map(({ scheduledFor }) => scheduledFor ?? 0);
}
