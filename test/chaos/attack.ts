/** One attack in a process of its own, so that none waits for another's turn: which, and its seed. It sends what came of it. */
import { ATTACKS } from "./attacks.ts";

const [name, seed] = process.argv.slice(2);
const attack = ATTACKS.find((one) => one.name === name);
process.send?.(await attack?.run(Number(seed)), undefined, {}, () => process.exit(0));
