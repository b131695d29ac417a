/** `npm run chaos`: lets faults loose on every database for as long as it is told to, and says what came of it. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command, InvalidArgumentError, Option } from "commander";
import { ATTACKS, type Attack, type Attacked } from "./attacks.ts";
import { formatTallies, Tally } from "./report.ts";

interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly runs: number;
  readonly only?: readonly string[];
}

// In memory, where that can be had: a run would be waiting for the disk for most of its time.
if (existsSync("/dev/shm")) process.env.TMPDIR ??= "/dev/shm";

/** Violations of one attack that are told one by one. */
const SHOWN = 10;
const ATTACK = fileURLToPath(new URL("attack.ts", import.meta.url));
const names = ATTACKS.map(({ name }) => name);
const program = new Command("chaos")
  .description("Attacks the queue on every database, and checks what its clients saw.")
  .option("--minutes <number>", "how long attacks are begun; those under way come to their end", positive, 30)
  .option("--seed <number>", "decides every throw of the dice", whole, 1)
  .option("--runs <number>", "no more attacks than this on each database", whole, Number.POSITIVE_INFINITY)
  .addOption(new Option("--only <names...>", "these alone").choices(names))
  .parse();
const { minutes, seed, runs, only = names }: Options = program.opts();

const deadline = performance.now() + minutes * 60_000;
const chosen = ATTACKS.filter(({ name }) => only.includes(name));
const tallies = await Promise.all(chosen.map(attackOn));
console.log(`\n${formatTallies(tallies)}`);
process.exit(tallies.some(({ violations }) => violations.length > 0) ? 1 : 0);

/** Attacks one database again and again, several times side by side. The first seed is the one given, the next one more. */
async function attackOn(attack: Attack): Promise<Tally> {
  const tally = new Tally(attack.title);
  let begun = 0;
  const attackOnAndOn = async () => {
    while (begun < runs && performance.now() < deadline) {
      begun += 1;
      await attackOnce(attack, seed + begun - 1, tally);
    }
  };
  await Promise.all(Array.from({ length: attack.sideBySide }, attackOnAndOn));
  return tally;
}

async function attackOnce({ name, title }: Attack, ownSeed: number, tally: Tally): Promise<void> {
  const start = performance.now();
  const attacked = await runAttack(name, ownSeed);
  tally.add(attacked);
  const seconds = Math.round((performance.now() - start) / 1_000);
  console.log(`${title}, seed ${ownSeed}: ${attacked.tasks} tasks in ${seconds} s`);
  const { violations } = attacked;
  for (const { rule, detail } of violations.slice(0, SHOWN))
    console.log(`  VIOLATION of "${rule}": ${detail}`);
  if (violations.length > SHOWN) console.log(`  and ${violations.length - SHOWN} more`);
  if (violations.length > 0)
    console.log(`  the same dice again: npm run chaos -- --only ${name} --runs 1 --seed ${ownSeed}`);
}

async function runAttack(name: string, ownSeed: number): Promise<Attacked> {
  const child = fork(ATTACK, [name, String(ownSeed)], { serialization: "advanced" });
  const sent = new Promise<Attacked>((resolve) =>
    child.once("message", (message) => resolve(message as Attacked)),
  );
  const ended = once(child, "exit").then(([code, signal]): Attacked => {
    const detail = `its process ended with exit code ${code}, signal ${signal}`;
    const violations = [{ rule: "an attack comes to its end", detail }];
    return { tasks: 0, operations: 0, faults: new Map(), violations };
  });
  const attacked = await Promise.race([sent, ended]);
  await ended;
  return attacked;
}

function positive(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError("expected a number above 0");
  return number;
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("expected a whole number");
  return Number(text);
}
