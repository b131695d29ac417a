import { beforeEach, describe } from "vitest";
import type { TestDatabase } from "../support/database.ts";
import { describeBudget } from "./engine/budget.ts";
import { describeChildren } from "./engine/children.ts";
import { describeCommit } from "./engine/commit.ts";
import { EngineContext } from "./engine/context.ts";
import { describeControl } from "./engine/control.ts";
import { describeExpiry } from "./engine/expiry.ts";
import { describeFacade } from "./engine/facade.ts";
import { describeFaults } from "./engine/faults.ts";
import { describeHooks } from "./engine/hooks.ts";
import { describeIntervals } from "./engine/intervals.ts";
import { describeKick } from "./engine/kick.ts";
import { describeLeases } from "./engine/leases.ts";
import { describeLimits } from "./engine/limits.ts";
import { describeOutcomes } from "./engine/outcomes.ts";
import { describeQuarantine } from "./engine/quarantine.ts";
import { describeRefusals } from "./engine/refusals.ts";
import { describeRetryControl } from "./engine/retry-control.ts";
import { describeSchedules } from "./engine/schedules.ts";
import { describeTimeouts } from "./engine/timeouts.ts";
import { describeTurns } from "./engine/turns.ts";
import { describeUnique } from "./engine/unique.ts";
import { describeUnknown } from "./engine/unknown.ts";
import { describeWaking } from "./engine/waking.ts";

/** What the engine promises, on real databases. */
export function describeEngine(name: string, open: () => Promise<TestDatabase>): void {
  describe(`engine on ${name}`, () => {
    const context = new EngineContext();
    beforeEach(() => context.reset(open));

    describeBudget(context);
    describeChildren(context);
    describeCommit(context);
    describeControl(context);
    describeExpiry(context);
    describeFacade(context);
    describeFaults(context);
    describeHooks(context);
    describeIntervals(context);
    describeKick(context);
    describeLeases(context);
    describeLimits(context);
    describeOutcomes(context);
    describeQuarantine(context);
    describeRefusals(context);
    describeRetryControl(context);
    describeSchedules(context);
    describeTimeouts(context);
    describeTurns(context);
    describeUnique(context);
    describeUnknown(context);
    describeWaking(context);
  });
}
