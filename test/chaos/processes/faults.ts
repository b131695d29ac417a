import type { Fleet } from "./fleet.ts";

/** Something that happens to a database or to a process, and passes. */
export interface ProcessFault {
  readonly name: string;
  /** How often, among the faults. */
  readonly weight: number;
  /** @param milliseconds how long it lasts @returns when it has passed */
  befall(milliseconds: number): Promise<void>;
}

/** What happens to a runner of the fleet. @param lease how long its leases hold, in milliseconds */
export function workerFaults(fleet: Fleet, lease: number, random: () => number): ProcessFault[] {
  const killed = async () => void fleet.pick(random()).kill("SIGKILL");
  const stopped = async () => fleet.terminate(fleet.pick(random()));
  const suspended = (milliseconds: number) => fleet.suspend(fleet.pick(random()), lease + milliseconds);
  return [
    { name: "worker killed (SIGKILL)", weight: 4, befall: killed },
    { name: "worker stopped (SIGTERM)", weight: 2, befall: stopped },
    { name: "worker suspended beyond its lease (SIGSTOP)", weight: 3, befall: suspended },
  ];
}

/** One of them by its weight. @param dice a number from 0 to 1 */
export function chooseFault(faults: readonly ProcessFault[], dice: number): ProcessFault {
  let left = dice * faults.reduce((sum, { weight }) => sum + weight, 0);
  const chosen = faults.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
  if (chosen === undefined) throw new Error("the weights cover every throw of the dice");
  return chosen;
}
