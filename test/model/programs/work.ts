/** What workers do. */
import fc from "fast-check";
import type { Claim } from "../../../src/core/task.ts";
import type { Settlement } from "../../../src/core/transitions.ts";
import { json, taskError } from "../../support/tasks.ts";
import type { Command } from "../run.ts";
import { tasksIn } from "../specification/state.ts";
import { call } from "../step.ts";
import * as picks from "./picks.ts";
import { pickClaim, pickClaims } from "./picks.ts";

export const dequeue: fc.Arbitrary<Command> = fc.constant((world) => call("dequeue", world.now));

const request = fc.record({
  limit: fc.integer({ min: 1, max: 6 }),
  lease: picks.lease,
  queues: picks.queues,
  longestTimeout: picks.longestTimeout,
});

const claimWith = (verb: "claimMany" | "claimQuarantined"): fc.Arbitrary<Command> =>
  request.map(
    ({ lease, ...wanted }) =>
      ({ now }) =>
        call(verb, { ...wanted, now, leaseExpiresAt: now + lease }),
  );

export const claimMany = claimWith("claimMany");
export const claimQuarantined = claimWith("claimQuarantined");

export const lookAhead: fc.Arbitrary<Command> = fc
  .record({ quarantine: fc.boolean(), request, held: fc.array(picks.pick, { maxLength: 2 }) })
  .map(({ quarantine, request: { queues, longestTimeout }, held }) => (world) => {
    if (!quarantine) return call("findNextEta", queues);
    const ids = held.flatMap((of) => picks.pickId(world, of, ["RUNNING"]) ?? []);
    return call("hasQuarantined", { now: world.now, queues, longestTimeout }, ids);
  });

type SettlementOf = (claim: Claim, now: number) => Settlement;

const settlement: fc.Arbitrary<SettlementOf> = fc
  .record({
    kind: fc.constantFrom("done", "retry", "fail", "done", "snooze", "retry", "release", "quarantine"),
    at: picks.moment,
    flag: fc.boolean(),
    took: fc.constantFrom(undefined, 0, 10, 11, 4_000, 400_000),
  })
  .map(({ kind, at, flag, took }) => (held, now) => {
    const claim = took === undefined ? held : { ...held, duration: took };
    const error = taskError({ at: now, attempt: claim.attempts, retryable: flag });
    switch (kind) {
      case "done":
        return { ...claim, kind, result: json({ attempt: claim.attempts }) };
      case "retry":
        return { ...claim, kind, error, retryAt: now + at };
      case "fail":
        return { ...claim, kind, error };
      case "snooze":
        return { ...claim, kind, until: now + at };
      case "release":
        return flag ? { ...claim, kind, until: now + at } : { ...claim, kind };
      case "quarantine":
        return { ...claim, kind, error, retryAt: now + at, counted: flag };
    }
  });

const ending = fc.record({ of: picks.claimPick, settlement });

/** By the verb for one task. */
export const settle: fc.Arbitrary<Command> = ending.map(({ of, settlement }) => (world) => {
  const claim = pickClaim(world, of);
  if (claim === null) return null;
  const { now } = world;
  const settled = settlement(claim, now);
  switch (settled.kind) {
    case "done":
      return call("markDone", claim, settled.result, now);
    case "retry":
      return call("markFailed", claim, settled.error, { retryAt: settled.retryAt }, now);
    case "fail":
      return call("markFailed", claim, settled.error, "final", now);
    case "snooze":
      return call("snooze", claim, settled.until, now);
    case "release":
      return call("release", claim, now, settled.until);
    case "quarantine":
      return call("markRunning", claim, now);
  }
});

export const settleMany: fc.Arbitrary<Command> = fc
  .tuple(fc.array(ending, { minLength: 1, maxLength: 5, size: "max" }), fc.boolean())
  .map(([endings, records]) => (world) => {
    const claims = pickClaims(
      world,
      endings.map(({ of }) => of),
    );
    const settlements = claims.flatMap((claim, index) => endings[index]?.settlement(claim, world.now) ?? []);
    return settlements.length === 0 ? null : call("settleMany", settlements, world.now, records);
  });

export const renewMany: fc.Arbitrary<Command> = fc
  .record({ of: fc.array(picks.claimPick, { minLength: 1, maxLength: 5, size: "max" }), lease: picks.lease })
  .map(({ of, lease }) => (world) => {
    const claims = pickClaims(world, of);
    return claims.length === 0 ? null : call("renewMany", claims, world.now + lease);
  });

/** Once a lease has ended, or right now. */
export const rescueMany: fc.Arbitrary<Command> = fc
  .tuple(fc.constantFrom(true, true, false), fc.boolean())
  .map(([waits, records]) => (world) => {
    const leases = tasksIn(world.state, ["RUNNING"]).map(({ leaseExpiresAt }) => leaseExpiresAt ?? 0);
    if (waits && leases.length === 0) return null;
    if (waits) world.now = Math.max(world.now, Math.min(...leases));
    return call("rescueMany", world.now, (failures) => failures * 1_000, records);
  });
