import { beforeEach, describe } from "vitest";
import type { TestDatabase } from "../support/database.ts";
import { describeClaim } from "./suite/claim.ts";
import { Context, type Limits } from "./suite/context.ts";
import { describeEnqueue } from "./suite/enqueue.ts";
import { describeFaults } from "./suite/faults.ts";
import { describeIdempotency } from "./suite/idempotency.ts";
import { describeLanes } from "./suite/lanes.ts";
import { describeLease } from "./suite/lease.ts";
import { describeListing } from "./suite/listing.ts";
import { describeOperators } from "./suite/operators.ts";
import { describeOutage } from "./suite/outage.ts";
import { describePlans } from "./suite/plans.ts";
import { describePurge } from "./suite/purge.ts";
import { describeQueues } from "./suite/queues.ts";
import { describeResults } from "./suite/results.ts";
import { describeRetries } from "./suite/retries.ts";
import { describeSchedules } from "./suite/schedules.ts";
import { describeSettle } from "./suite/settle.ts";
import { describeSpecification } from "./suite/specification.ts";
import { describeValues } from "./suite/values.ts";

/** The conformance suite: what the storage promises, on every database. */
export function describeStorage(name: string, open: () => Promise<TestDatabase>, limits: Limits = {}): void {
  describe(`storage on ${name}`, () => {
    const context = new Context(limits);
    beforeEach(() => context.reset(open));

    describeClaim(context);
    describeEnqueue(context);
    describeFaults(context);
    describeIdempotency(context);
    describeLanes(context);
    describeLease(context);
    describeListing(context);
    describeOperators(context);
    describeOutage(context);
    describePlans(context);
    describePurge(context);
    describeQueues(context);
    describeResults(context);
    describeRetries(context);
    describeSchedules(context);
    describeSettle(context);
    describeSpecification(context);
    describeValues(context);
  });
}
