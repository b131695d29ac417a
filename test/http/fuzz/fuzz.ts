import fc from "fast-check";
import type { Task } from "../../../src/core/task.ts";
import { table } from "../../support/table.ts";
import type { Front } from "./front.ts";
import { inject, PLACES } from "./places.ts";
import { KINDS, type Kind, type Probe } from "./probe.ts";
import { checkAccess, checkReply, demand } from "./replies.ts";
import { probe } from "./requests.ts";
import { checkStored } from "./stored.ts";
import { INJECTIONS } from "./texts.ts";

/** Tasks are forgotten after so many requests, so that lists stay short. */
const SPAN = 250;

/** What was sent and what was answered. */
export class Tally {
  /** By kind and status. */
  readonly #answers = new Map<Kind, Map<number, number>>();
  /** Values that were read back. */
  compared = 0;

  add(kind: Kind, status: number): void {
    const statuses = this.#answers.get(kind) ?? new Map<number, number>();
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    this.#answers.set(kind, statuses);
  }

  /** How many were answered so. */
  count(status: number, kinds: readonly Kind[] = KINDS): number {
    return kinds.reduce((sum, kind) => sum + (this.#answers.get(kind)?.get(status) ?? 0), 0);
  }

  toString(): string {
    const statuses = [...new Set([...this.#answers.values()].flatMap((counts) => [...counts.keys()]))].sort();
    const row = (title: string, kinds: readonly Kind[]) => {
      const counts = statuses.map((status) => this.count(status, kinds));
      return [title, counts.reduce((sum, count) => sum + count, 0), ...counts];
    };
    const rows = [...KINDS.map((kind) => row(kind, [kind])), row("together", KINDS)];
    return table(["requests", "sent", ...statuses.map(String)], rows);
  }
}

export interface Fuzzing {
  /** Decides the requests. */
  readonly seed: number;
  /** How many are sent. */
  readonly requests: number;
  /** Looks for the shortest that goes wrong. Defaults to true. */
  readonly shorten?: boolean;
}

/**
 * Sends random requests, and checks each reply and what was stored.
 *
 * @throws for the first that goes wrong, with the shortest request found that shows it
 */
export async function fuzz(front: Front, { seed, requests, shorten = true }: Fuzzing): Promise<Tally> {
  const tally = new Tally();
  let witness = await renew(front);
  let sent = 0;
  const property = fc.asyncProperty(probe, async (probe) => {
    sent += 1;
    if (sent % SPAN === 0) {
      await checkWitness(front, witness);
      witness = await renew(front);
    }
    await send(front, probe, tally);
  });
  const details = await fc.check(property, { seed, numRuns: requests, endOnFailure: !shorten });
  const { counterexample, errorInstance, numRuns } = details;
  if (counterexample !== null) {
    throw new Error(`request ${numRuns} of FUZZ_SEED=${seed} goes wrong: ${errorInstance}`);
  }
  await checkWitness(front, witness);
  return tally;
}

/** Sends each injection to each place. */
export async function injectEverywhere(front: Front): Promise<Tally> {
  const tally = new Tally();
  const witness = await renew(front);
  for (const place of PLACES) {
    for (const text of INJECTIONS) await send(front, inject(place, text), tally);
    await checkWitness(front, witness);
  }
  return tally;
}

async function send(front: Front, probe: Probe, tally: Tally): Promise<void> {
  const { kind, method, path, body, credential } = probe;
  const { authorization } = credential;
  const headers = { ...probe.headers, ...(authorization !== undefined && { authorization }) };
  const answer = await front.call(method, path, { headers, ...(body !== undefined && { raw: body }) });
  tally.add(kind, answer.status);
  try {
    checkReply(probe, answer);
    checkAccess(probe, answer);
    tally.compared += await checkStored(front, probe, answer);
    demand(front.log.leaks.length === 0, `no secret in the log, which has ${front.log.leaks[0]}`);
  } catch (error) {
    const sent = typeof body === "string" ? body : body && new TextDecoder().decode(body);
    throw new Error(
      `${error}\n${method} ${path} ${JSON.stringify(headers)}\n${sent}\n-> ${answer.status} ${answer.text}`,
    );
  }
}

/** A database that holds one task, which no request names. */
async function renew(front: Front): Promise<Task> {
  await front.clear();
  const kwargs = { untouched: true };
  const { task } = await front.queue.submit({
    funcPath: "fuzz.echo",
    queue: "witness",
    kwargs,
    delay: "365d",
  });
  return task;
}

async function checkWitness(front: Front, witness: Task): Promise<void> {
  const { body } = await front.read(`/v1/tasks/${witness.id}`);
  demand(
    JSON.stringify(Object.entries(body).sort()) === JSON.stringify(Object.entries(witness).sort()),
    "the task that nobody named to be as it was",
  );
  demand((await front.read("/healthz")).status === 200, "the schema to be whole");
}
