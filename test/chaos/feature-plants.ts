/** Bugs to plant in what the queue does beyond plain tasks. */
import { overlapTicks, useFeatures } from "./feature-accident.ts";
import { CLAIM, inText, type Plant, RESULT } from "./plant.ts";

const ENQUEUE = /INSERT INTO tasks[\s\S]*w\.value/;
const FIRE = /INSERT OR IGNORE INTO tasks/;

const PLANTS: readonly Plant[] = [
  {
    name: "a task does not wait for others",
    rules: ["a task starts once all that it waits for have ended"],
    spoil: inText(ENQUEUE, /NOT w\.value ->> 1, 2, 0\)/, "NOT w.value ->> 1, 0, 0)"),
  },
  {
    name: "a task waits for one more than it names",
    rules: ["nobody is held once all that it waits for have ended"],
    spoil: inText(ENQUEUE, /w\.value ->> 0, iif/, "w.value ->> 0 + (w.value ->> 0 > 0), iif"),
  },
  {
    name: "whatever a task waits for, it starts anyway",
    rules: ["what waits for a task that did not end well is cancelled, unless it starts anyway"],
    spoil: inText(
      /INSERT INTO dependencies/,
      /SELECT a\.value, j\.value ->> 'id', j\.value ->> 'startsAnyway'/,
      "SELECT a.value, j.value ->> 'id', 1",
    ),
  },
  {
    name: "a child is inserted twice",
    rules: ["a parent has each of its children once"],
    spoil: inText(
      ENQUEUE,
      /FROM json_each\(\?(\d)\) j/,
      `FROM (SELECT value FROM json_each(?$1) UNION ALL SELECT json_set(value, '$$.id', value ->> 'id' || '+')
        FROM json_each(?$1) WHERE value ->> 'parentId' IS NOT NULL) j`,
    ),
  },
  {
    name: "a start frees a unique key that is held to the end",
    rules: ["no two tasks hold a unique key at once"],
    spoil: inText(CLAIM, /iif\(unique_while = 'pending', NULL, unique_key\)/, "NULL"),
  },
  {
    name: "a window is a tenth as long as it was asked for",
    rules: ["at most one task is taken within the window of a key"],
    spoil: inText(
      /INSERT INTO unique_windows/,
      /j\.value ->> '\$\.unique\.within'\)/,
      "j.value ->> '$$.unique.within') / 10",
    ),
  },
  {
    name: "a replacement leaves the payload as it was",
    rules: ["the payload that runs is the last acknowledged replacement's"],
    spoil: inText(/UPDATE tasks AS t SET args/, /kwargs = j\.value -> 'kwargs'/, "kwargs = t.kwargs"),
  },
  {
    name: "a claim does not look at the expiry",
    rules: ["an expired task is not started"],
    spoil: inText(CLAIM, /expires_at <= \?(\d)/g, "expires_at <= 0 * ?$1"),
  },
  {
    name: "a claim cancels tasks without an expiry",
    rules: ["a task that nobody cancelled is cancelled for its expiry or for what it waited for"],
    spoil: inText(CLAIM, /expires_at <= \?(\d)/g, "coalesce(expires_at, eta - 1) <= ?$1"),
  },
  {
    name: "a schedule moves on by more than one firing",
    rules: ["a schedule that catches up on all leaves out no firing"],
    spoil: inText(
      /UPDATE schedules SET next_at/,
      /next_at = f\.value ->> 'nextAt'/,
      "next_at = f.value ->> 'nextAt' + schedules.interval",
    ),
  },
  {
    name: "a firing is for the moment at which it is made",
    rules: ["a firing is for a moment of its schedule"],
    spoil: inText(FIRE, /t\.value ->> 'scheduledFor'\n/, "t.value ->> 'scheduledFor' + 1\n"),
  },
  {
    name: "a success leaves a task that it is to delete",
    rules: ["what its success deletes is gone after it, and not before"],
    spoil: inText(ENQUEUE, /j\.value ->> 'onSuccess'/, "NULL"),
  },
  {
    name: "a result is kept that is not to be",
    rules: ["a result that is not to be kept is not there"],
    spoil: (statements) =>
      inText(
        RESULT,
        /j\.value -> 'result'/,
        "coalesce(j.value -> 'result', iif(j.value ->> 'kind' = 'done', '1', NULL))",
      )(inText(RESULT, /AND t\.on_success IS NULL/, "")(statements)),
  },
];

const FIRED_TWICE: Plant = {
  name: "a firing that is made already is made again",
  rules: ["each firing is made at most once"],
  spoil: inText(FIRE, /AND s\.next_at[\s\S]*?s\.enabled = 1/, ""),
};

/** Found where each feature is used once, or where two ticks overlap. */
export const FEATURE_PLANTS = [
  ...PLANTS.map((plant) => ({ ...plant, accident: useFeatures })),
  { ...FIRED_TWICE, accident: overlapTicks },
];
