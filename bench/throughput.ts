import type { Throughput } from "./figures.ts";
import type { Step } from "./steps.ts";
import { compare, type Target } from "./target.ts";

/** Tasks per second of enqueues, one at a time. */
export function measureEnqueue(target: Target, count: number, rounds: number): Promise<Throughput> {
  return throughput(target, count, rounds, () => target.step({ do: "clear" }), { do: "enqueue", count });
}

/** Tasks per second of enqueues in bulks of 10,000. */
export function measureBulkEnqueue(target: Target, count: number, rounds: number): Promise<Throughput> {
  return throughput(target, count, rounds, () => target.step({ do: "clear" }), { do: "bulkEnqueue", count });
}

/** Tasks per second through the whole engine: claimed, run and completed. */
export function measureDrain(target: Target, count: number, rounds: number): Promise<Throughput> {
  const fill = async () => {
    await target.step({ do: "clear" });
    await target.step({ do: "seed", first: 0, end: count });
  };
  return throughput(target, count, rounds, fill, { do: "drain" });
}

async function throughput(
  target: Target,
  count: number,
  rounds: number,
  prepare: () => Promise<unknown>,
  step: Step,
): Promise<Throughput> {
  const { engine, floor, ratio, last } = await compare(target, rounds, prepare, step);
  if (last.tasks !== count) throw new Error(`${step.do} was about ${last.tasks} tasks, not ${count}`);
  return { tasksPerSecond: (count / engine) * 1_000, floor: (count / floor) * 1_000, ratio };
}
