/** Histories that break the rules of what a queue does beyond plain tasks, one each at least. */
import type { FinalState, FinalTask } from "../history.ts";
import { ID, type Story, state, story, task } from "../story.ts";

export type Told = [rule: string, how: string, Story, FinalState];

export const PARENT = "task 0";
export const waits = { id: ID, extras: { after: [PARENT] } };
const key = { uniqueKey: "key" };
const replaces = {
  ...key,
  extras: { unique: { onConflict: "replace", within: null, debounce: null } },
} as const;
const windowed = {
  ...key,
  extras: { unique: { onConflict: "ignore", within: 100, debounce: null } },
} as const;
const parent = (changes: Partial<FinalTask> = {}) => task({ id: PARENT, ...changes });
const second = (changes: Partial<FinalTask> = {}) => task({ id: "task 2", ...changes });
const CANCELLED = { status: "CANCELLED", attempts: 0 } as const;
const schedule = { name: "all", every: 10, catchUp: "all", createdAt: 100, lastAt: 130 } as const;
const firings = (...moments: number[]) =>
  moments.map((scheduledFor, index) =>
    task({
      id: `firing ${index}`,
      status: "PENDING",
      eta: 2_000_000,
      attempts: 0,
      schedule: "all",
      scheduledFor,
    }),
  );

export const BROKEN: readonly Told[] = [
  [
    "a task starts once all that it waits for have ended",
    "one is claimed while its parent is due",
    story().enqueued([PARENT]).asked(waits).claimed(1).ran(1).settled(1, "done").claimed(1, { id: PARENT }),
    state([task(), parent({ status: "RETRYING", eta: 2_000_000, attempts: 1 })]),
  ],
  [
    "what waits for a task that did not end well is cancelled, unless it starts anyway",
    "one starts",
    story().enqueued([PARENT]).asked(waits).claimed(1).ran(1).settled(1, "done"),
    state([task(), parent({ status: "FAILED" })]),
  ],
  [
    "what waits for a task that did not end well is cancelled, unless it starts anyway",
    "one is cancelled although its parent succeeded",
    story().enqueued([PARENT]).asked(waits),
    state([task({ ...CANCELLED, cancelReason: "dependency" }), parent()]),
  ],
  [
    "what waits for a task that did not end well is cancelled, unless it starts anyway",
    "one that starts anyway is cancelled",
    story()
      .enqueued([PARENT])
      .asked({ extras: { ...waits.extras, startsAnyway: true } }),
    state([task({ ...CANCELLED, cancelReason: "dependency" }), parent({ status: "FAILED" })]),
  ],
  [
    "nobody is held once all that it waits for have ended",
    "one is",
    story().enqueued([PARENT]).asked(waits),
    state([task({ status: "PENDING", attempts: 0, awaits: 1 }), parent()]),
  ],
  [
    "a parent has each of its children once",
    "a retry enqueues another one",
    story(),
    state([task({ parentId: PARENT, payload: "1" }), second({ parentId: PARENT, payload: "1" }), parent()]),
  ],
  [
    "no two tasks hold a unique key at once",
    "a second one is taken while the first is due",
    story()
      .asked(key)
      .asked({ ...key, id: "task 2" }),
    state([task({ status: "PENDING", eta: 2_000_000 }), second(CANCELLED)]),
  ],
  [
    "no two tasks hold a unique key at once",
    "a second one is taken while the first runs",
    story()
      .asked(key)
      .claimed(1)
      .asked({ ...key, id: "task 2" })
      .ran(1)
      .settled(1, "done"),
    state([task(), second(CANCELLED)]),
  ],
  [
    "no two tasks hold a unique key at once",
    "a second one is taken before the first starts, which holds it until then",
    story()
      .asked({ ...key, extras: { uniqueWhile: "pending" } })
      .asked({ ...key, id: "task 2" })
      .claimed(1),
    state([task(), second(CANCELLED)]),
  ],
  [
    "at most one task is taken within the window of a key",
    "a second one is, after the first has ended",
    story()
      .asked(windowed)
      .claimed(1)
      .ran(1)
      .settled(1, "done")
      .asked({ ...windowed, id: "task 2" }),
    state([task(), second()]),
  ],
  [
    "the payload that runs is the last acknowledged replacement's",
    "the first one runs",
    story()
      .asked({ ...replaces, payload: "1" })
      .asked({ ...replaces, id: "task 2", payload: "2" }, { id: ID, duplicate: true, replaced: true })
      .claimed(1)
      .started(1, "1"),
    state([task()]),
  ],
  [
    "an expired task is not started",
    "one is",
    story()
      .asked({ extras: { expiresAt: 1_000 } })
      .claimed(1)
      .ran(1)
      .settled(1, "done"),
    state([task({ expiresAt: 1_000 })]),
  ],
  [
    "a task that nobody cancelled is cancelled for its expiry or for what it waited for",
    "one that has no expiry is",
    story().enqueued(),
    state([task({ ...CANCELLED, cancelReason: "expired" })]),
  ],
  [
    "what its success deletes is gone after it, and not before",
    "it is there",
    story()
      .asked({ extras: { onSuccess: "delete" } })
      .claimed(1)
      .ran(1)
      .settled(1, "done"),
    state([task()]),
  ],
  [
    "what its success deletes is gone after it, and not before",
    "it is gone after a failure",
    story()
      .asked({ extras: { onSuccess: "delete" } })
      .claimed(1)
      .ran(1, null)
      .settled(1, "fail"),
    state([]),
  ],
  [
    "a result that is not to be kept is not there",
    "it is",
    story()
      .asked({ extras: { onSuccess: "forget" } })
      .claimed(1)
      .ran(1)
      .settled(1, "done"),
    state([task({ onSuccess: "forget" })]),
  ],
  [
    "each firing is made at most once",
    "one is made twice",
    story(),
    { ...state(firings(110, 110, 120, 130)), schedules: [schedule] },
  ],
  [
    "a firing is for a moment of its schedule",
    "one is between two",
    story(),
    { ...state(firings(110, 115, 120, 130)), schedules: [schedule] },
  ],
  [
    "a schedule that catches up on all leaves out no firing",
    "one is left out",
    story(),
    { ...state(firings(110, 130)), schedules: [schedule] },
  ],
];

/** Histories that look alike, and break none. */
export const KEPT: readonly (readonly [how: string, Story, FinalState])[] = [
  [
    "a task starts after its parent's end, of which no answer came",
    story()
      .enqueued([PARENT])
      .asked({ extras: { ...waits.extras, startsAnyway: true } })
      .tried({ verb: "cancel", id: PARENT })
      .claimed(1)
      .ran(1)
      .settled(1, "done"),
    state([task(), parent({ ...CANCELLED, cancelReason: "operator" })]),
  ],
  [
    "a task starts anyway after its parent was cancelled",
    story()
      .enqueued([PARENT])
      .did({ verb: "cancel", id: PARENT }, { verb: "cancel" })
      .asked({ extras: { ...waits.extras, startsAnyway: true } })
      .claimed(1)
      .ran(1)
      .settled(1, "done"),
    state([task(), parent({ ...CANCELLED, cancelReason: "operator" })]),
  ],
  [
    "a key is taken once the first task has ended",
    story()
      .asked(key)
      .claimed(1)
      .ran(1)
      .settled(1, "done")
      .asked({ ...key, id: "task 2" }),
    state([task(), second({ status: "PENDING", eta: 2_000_000, attempts: 0 })]),
  ],
  [
    "a key is taken while a cancel of the first one is not answered",
    story()
      .asked(key)
      .tried({ verb: "cancel", id: ID })
      .asked({ ...key, id: "task 2" }),
    state([ID, "task 2"].map((id) => task({ id, status: "PENDING", eta: 2_000_000, attempts: 0 }))),
  ],
  [
    "a window is over",
    story()
      .asked(windowed)
      .claimed(1)
      .ran(1)
      .settled(1, "done")
      .passed(100)
      .asked({ ...windowed, id: "task 2" }),
    state([task(), second({ status: "PENDING", eta: 2_000_000, attempts: 0 })]),
  ],
  [
    "either payload runs where a replacement was not answered",
    story()
      .asked({ ...replaces, payload: "1" })
      .asked({ ...replaces, id: "task 2", payload: "2" }, null)
      .claimed(1)
      .started(1, "2")
      .settled(1, "snooze"),
    state([task({ status: "PENDING", eta: 2_000_000 })]),
  ],
  [
    "a task that has expired runs once an operator has retried it",
    story()
      .asked({ extras: { expiresAt: 1_000 } })
      .changed("retry")
      .claimed(1)
      .ran(1)
      .settled(1, "done"),
    state([task()]),
  ],
  [
    "a success deletes its task, although nobody heard of it",
    story()
      .asked({ extras: { onSuccess: "delete" } })
      .claimed(1)
      .ran(1)
      .tried({
        verb: "settle",
        settlements: [{ id: ID, attempts: 1, kind: "done", counted: false, retryable: true, error: null }],
      }),
    state([]),
  ],
  [
    "a schedule has fired for each moment",
    story(),
    { ...state(firings(110, 120, 130)), schedules: [schedule] },
  ],
];
