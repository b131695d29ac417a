/** What befalls one call on its way to the database. */
export type Fault = <T>(send: () => Promise<T>, setting: FaultSetting) => Promise<T>;

export interface FaultSetting {
  readonly random: () => number;
  /** Moves every worker's clock ahead, by milliseconds: time in which nothing was done. */
  readonly skip: (milliseconds: number) => void;
  /** Notes that the answer may be that of a repetition. */
  readonly noteResend: () => void;
  /** Takes what goes on beyond the answer. */
  readonly linger: (late: Promise<unknown>) => void;
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
  return { name: `${message}, before the commit`, weight: 1, befall };
}

/** The call takes effect, and its reply is lost. */
function after(message: string): NamedFault {
  const befall: Fault = async (send) => {
    await send();
    throw new Error(message);
  };
  return { name: `${message}, after the commit`, weight: 1, befall };
}

/**
 * The call arrives a second time when its worker has long gone on, half a lease to two leases later. It does not befall an
 * operator: whatever the network does twice for an operator is done twice.
 *
 * @param lease in milliseconds
 */
export function lateDuplicate(lease: number): NamedFault {
  return {
    name: "duplicate delivery, half a lease to two leases late",
    weight: 6,
    befall: async (send, { random, linger }) => {
      const answer = await send();
      const late = pause((0.5 + 1.5 * random()) * lease).then(send);
      linger(late.catch(() => {}));
      return answer;
    },
  };
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

/** The call may fail on either side of its commit. */
function around(message: string): NamedFault[] {
  return [before(message), after(message)];
}

/** Source of the messages: https://developers.cloudflare.com/d1/observability/debug-d1/ */
export const D1_FAULTS: readonly NamedFault[] = [
  ...around("D1_ERROR: Network connection lost."),
  ...around("D1_ERROR: D1 DB reset because its code was updated."),
  before("D1_ERROR: Internal error while starting up D1 DB storage caused object to be reset."),
  ...around("D1_ERROR: Internal error in D1 DB storage caused object to be reset."),
  before("D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node."),
  ...around("D1_ERROR: Can't read from request stream because client disconnected."),
  before("D1_ERROR: D1 DB is overloaded. Requests queued for too long."),
  before("D1_ERROR: D1 DB is overloaded. Too many requests queued."),
  ...around("D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset."),
  ...around("D1_ERROR: D1 DB's isolate exceeded its memory limit and was reset."),
  ...around("D1_ERROR: D1 DB exceeded its CPU time limit and was reset."),
  ...around("D1_ERROR: internal error; reference = 0123456789abcdef"),
  after("D1_ERROR: Failed to parse body as JSON, got: error code: 1031"),
  before("D1_ERROR: database is locked: SQLITE_BUSY"),
  ...SILENT,
];

export const LIBSQL_FAULTS: readonly NamedFault[] = [
  before("SQLITE_BUSY: database is locked"),
  ...around("fetch failed"),
  after("read ECONNRESET"),
  before("connect ECONNREFUSED 127.0.0.1:8080"),
  before("STREAM_EXPIRED: The stream has expired due to inactivity"),
  ...around("Received an invalid baton"),
  ...around("SERVER_ERROR: Server returned HTTP status 502"),
  before("SERVER_ERROR: Server returned HTTP status 429"),
  after("The operation was aborted due to timeout"),
  after("terminated"),
  ...around("Network connection lost"),
  ...around("internal error; reference = 0123456789abcdef"),
  ...around('WriteDelegation(status: Unknown, message: "transport", details: [])'),
  ...around("PROXY_ERROR: rpc error: code = 14"),
  before("sync error: primary is gone"),
  before('ConnectionFailed("Unable to open connection to local database /data/queue.db: 14")'),
  ...around("CLIENT_CLOSED: The connection was closed while this operation was in flight"),
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
