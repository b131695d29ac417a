/** What befalls one call on its way to the database. */
export type Fault = <T>(send: () => Promise<T>, setting: FaultSetting) => Promise<T>;

export interface FaultSetting {
  readonly random: () => number;
  /** Moves every worker's clock ahead, by milliseconds: time in which nothing was done. */
  readonly skip: (milliseconds: number) => void;
  /** Notes that the answer may be that of a repetition. */
  readonly noteResend: () => void;
}

export interface NamedFault {
  readonly name: string;
  /** How often, among the faults. */
  readonly weight: number;
  readonly befall: Fault;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The call never takes effect. */
function before(message: string): NamedFault {
  const befall: Fault = async () => {
    throw new Error(message);
  };
  return { name: `${message}, before the commit`, weight: 2, befall };
}

/** The call takes effect, and its reply is lost. */
function after(message: string): NamedFault {
  const befall: Fault = async (send) => {
    await send();
    throw new Error(message);
  };
  return { name: `${message}, after the commit`, weight: 2, befall };
}

/** How long D1 has been seen to stall. */
const STALL = 80_000;

/** Faults that are no error: time goes by, or the call arrives twice. */
const SILENT: readonly NamedFault[] = [
  {
    name: "delay",
    weight: 8,
    befall: async (send, { random }) => {
      await pause(random() * 20);
      const answer = await send();
      await pause(random() * 20);
      return answer;
    },
  },
  {
    name: "duplicate delivery, the first answered",
    weight: 1,
    befall: async (send) => {
      const answer = await send();
      await send().catch(() => {});
      return answer;
    },
  },
  {
    name: "duplicate delivery, the second answered",
    weight: 1,
    befall: async (send, { noteResend }) => {
      await send();
      noteResend();
      return send();
    },
  },
  {
    name: "stall of 80 s before the commit",
    weight: 0.1,
    befall: (send, { skip }) => {
      skip(STALL);
      return send();
    },
  },
  {
    name: "stall of 80 s after the commit",
    weight: 0.1,
    befall: async (send, { skip }) => {
      const answer = await send();
      skip(STALL);
      return answer;
    },
  },
];

/** Source of the messages: https://developers.cloudflare.com/d1/observability/debug-d1/ */
export const D1_FAULTS: readonly NamedFault[] = [
  before("D1_ERROR: Network connection lost."),
  after("D1_ERROR: Network connection lost."),
  before("D1_ERROR: D1 DB reset because its code was updated."),
  after("D1_ERROR: D1 DB reset because its code was updated."),
  before("D1_ERROR: Internal error while starting up D1 DB storage caused object to be reset."),
  after("D1_ERROR: Internal error in D1 DB storage caused object to be reset."),
  before("D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node."),
  before("D1_ERROR: Can't read from request stream because client disconnected."),
  after("D1_ERROR: Can't read from request stream because client disconnected."),
  before("D1_ERROR: D1 DB is overloaded. Requests queued for too long."),
  before("D1_ERROR: D1 DB is overloaded. Too many requests queued."),
  after("D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset."),
  before("D1_ERROR: D1 DB's isolate exceeded its memory limit and was reset."),
  before("D1_ERROR: D1 DB exceeded its CPU time limit and was reset."),
  ...SILENT,
];

export const LIBSQL_FAULTS: readonly NamedFault[] = [
  before("SQLITE_BUSY: database is locked"),
  before("fetch failed"),
  after("fetch failed"),
  after("read ECONNRESET"),
  before("connect ECONNREFUSED 127.0.0.1:8080"),
  before("STREAM_EXPIRED: The stream has expired due to inactivity"),
  after("Received an invalid baton"),
  after("SERVER_ERROR: Server returned HTTP status 502"),
  before("SERVER_ERROR: Server returned HTTP status 429"),
  after("The operation was aborted due to timeout"),
  ...SILENT,
];

/** What the dead are told, so that they come to an end. */
const DEAD = "Network connection lost: this worker is dead";

/** Lets faults befall some of the calls of one worker, chosen by its dice. */
export class Chaos {
  readonly #faults: readonly NamedFault[];
  readonly #setting: FaultSetting;
  readonly #rate: number;
  readonly #tally: Map<string, number>;
  readonly #weight: number;
  #dead = false;
  #thaw: Promise<unknown> = Promise.resolve();

  /**
   * @param rate the share of calls that a fault befalls
   * @param tally counts the faults by name
   */
  constructor(
    faults: readonly NamedFault[],
    rate: number,
    setting: FaultSetting,
    tally: Map<string, number>,
  ) {
    this.#faults = faults;
    this.#rate = rate;
    this.#setting = setting;
    this.#tally = tally;
    this.#weight = faults.reduce((sum, { weight }) => sum + weight, 0);
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** From now on nothing of this worker reaches the database, as after a crash. */
  kill(): void {
    this.#dead = true;
  }

  /** For so long nothing of this worker gets any further, as after a SIGSTOP. */
  freeze(milliseconds: number): void {
    this.#thaw = pause(milliseconds);
  }

  async befall<T>(send: () => Promise<T>): Promise<T> {
    await this.#thaw;
    if (this.#dead) throw new Error(DEAD);
    const answer = await this.#chance(send);
    await this.#thaw;
    // It died while the call was under way: nobody is left to hear the answer.
    if (this.#dead) throw new Error(DEAD);
    return answer;
  }

  #chance<T>(send: () => Promise<T>): Promise<T> {
    const { random } = this.#setting;
    if (random() >= this.#rate) return send();
    const { name, befall } = this.#choose(random());
    this.#tally.set(name, (this.#tally.get(name) ?? 0) + 1);
    return befall(send, this.#setting);
  }

  #choose(dice: number): NamedFault {
    let left = dice * this.#weight;
    const chosen = this.#faults.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    if (chosen === undefined) throw new Error("the weights cover every throw of the dice");
    return chosen;
  }
}
