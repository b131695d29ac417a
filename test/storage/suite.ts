import { beforeEach, describe } from "vitest";
import type { TestDatabase } from "../support/database.ts";
import { describeBulk } from "./suite/bulk.ts";
import { describeClaim } from "./suite/claim.ts";
import { Context, type Limits } from "./suite/context.ts";
import { describeControl } from "./suite/control.ts";
import { describeDependencies } from "./suite/dependencies.ts";
import { describeEndings } from "./suite/endings.ts";
import { describeEnqueue } from "./suite/enqueue.ts";
import { describeExpiry } from "./suite/expiry.ts";
import { describeExplore } from "./suite/explore.ts";
import { describeFaults } from "./suite/faults.ts";
import { describeHistory } from "./suite/history.ts";
import { describeIdempotency } from "./suite/idempotency.ts";
import { describeLanes } from "./suite/lanes.ts";
import { describeLease } from "./suite/lease.ts";
import { describeListing } from "./suite/listing.ts";
import { describeOperators } from "./suite/operators.ts";
import { describeOutage } from "./suite/outage.ts";
import { describePlans } from "./suite/plans.ts";
import { describeProgress } from "./suite/progress.ts";
import { describePurge } from "./suite/purge.ts";
import { describeQueues } from "./suite/queues.ts";
import { describeResults } from "./suite/results.ts";
import { describeRetries } from "./suite/retries.ts";
import { describeSchedules } from "./suite/schedules.ts";
import { describeSettle } from "./suite/settle.ts";
import { describeSpecification } from "./suite/specification.ts";
import { describeTriggers } from "./suite/triggers.ts";
import { describeUnique } from "./suite/unique.ts";
import { describeValues } from "./suite/values.ts";

/** The conformance suite: what the storage promises, on every database. */
export function describeStorage(name: string, open: () => Promise<TestDatabase>, limits: Limits = {}): void {
  describe(`storage on ${name}`, () => {
    const context = new Context(limits);
    beforeEach(() => context.reset(open));

    describeBulk(context);
    describeClaim(context);
    describeControl(context);
    describeDependencies(context);
    describeEndings(context);
    describeEnqueue(context);
    describeExpiry(context);
    describeExplore(context);
    describeFaults(context);
    describeHistory(context);
    describeIdempotency(context);
    describeLanes(context);
    describeLease(context);
    describeListing(context);
    describeOperators(context);
    describeOutage(context);
    describePlans(context);
    describeProgress(context);
    describePurge(context);
    describeQueues(context);
    describeResults(context);
    describeRetries(context);
    describeSchedules(context);
    describeSettle(context);
    describeSpecification(context);
    describeUnique(context);
    describeTriggers(context);
    describeValues(context);
  });
}
