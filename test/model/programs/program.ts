import fc from "fast-check";
import type { Command } from "../run.ts";
import * as history from "./history.ts";
import { enqueueOnce, forgetKeys } from "./idempotency.ts";
import * as operations from "./operations.ts";
import * as operators from "./operators.ts";
import * as producers from "./produce.ts";
import * as schedules from "./schedules.ts";
import * as uniques from "./unique.ts";
import * as workers from "./work.ts";

/** Few commands, that what schedules do meets. */
const scheduling: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: schedules.insert },
  { weight: 7, arbitrary: schedules.declareMany },
  { weight: 6, arbitrary: schedules.update },
  { weight: 2, arbitrary: schedules.remove },
  { weight: 3, arbitrary: schedules.look },
  { weight: 6, arbitrary: schedules.fire },
  { weight: 9, arbitrary: schedules.fireLate },
  { weight: 2, arbitrary: schedules.read },
  { weight: 3, arbitrary: uniques.enqueueUnique },
  { weight: 5, arbitrary: workers.claimMany },
  { weight: 6, arbitrary: workers.settle },
  { weight: 3, arbitrary: operators.cancel },
  { weight: 1, arbitrary: operators.retry },
  { weight: 5, arbitrary: operations.remove },
  { weight: 4, arbitrary: operators.purge },
  { weight: 3, arbitrary: operators.clock },
);

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: producers.enqueue },
  { weight: 4, arbitrary: producers.enqueueWaiting },
  { weight: 5, arbitrary: uniques.enqueueUnique },
  { weight: 1, arbitrary: uniques.purgeWindows },
  { weight: 3, arbitrary: enqueueOnce },
  { weight: 1, arbitrary: forgetKeys },
  { weight: 6, arbitrary: workers.claimMany },
  { weight: 2, arbitrary: workers.dequeue },
  { weight: 3, arbitrary: workers.claimQuarantined },
  { weight: 7, arbitrary: workers.settle },
  { weight: 4, arbitrary: workers.settleMany },
  { weight: 2, arbitrary: workers.renewMany },
  { weight: 4, arbitrary: workers.rescueMany },
  { weight: 2, arbitrary: workers.lookAhead },
  { weight: 2, arbitrary: operators.cancel },
  { weight: 3, arbitrary: operators.retry },
  { weight: 2, arbitrary: operators.reschedule },
  { weight: 1, arbitrary: operations.remove },
  { weight: 2, arbitrary: operations.runNow },
  { weight: 1, arbitrary: operations.change },
  { weight: 2, arbitrary: operations.changePage },
  { weight: 3, arbitrary: operators.configureQueue },
  { weight: 2, arbitrary: operators.purge },
  { weight: 2, arbitrary: operators.purgeOutlived },
  { weight: 1, arbitrary: operators.startPurge },
  { weight: 1, arbitrary: operators.finishPurge },
  { weight: 3, arbitrary: schedules.insert },
  { weight: 4, arbitrary: schedules.fire },
  { weight: 1, arbitrary: history.read },
  { weight: 1, arbitrary: history.purge },
  { weight: 1, arbitrary: operators.list },
  { weight: 1, arbitrary: operators.listQueues },
  { weight: 3, arbitrary: operators.clock },
  { weight: 5, arbitrary: operators.wait },
);

/** There is something to do from the start; then up to 60 commands, about half as many on average. */
export const program: fc.Arbitrary<Command[]> = fc
  .tuple(
    producers.enqueue,
    fc.oneof(
      { weight: 2, arbitrary: fc.array(command, { maxLength: 60, size: "max" }) },
      { weight: 1, arbitrary: fc.array(scheduling, { maxLength: 60, size: "max" }) },
    ),
  )
  .map(([first, further]) => [first, ...further]);
