import type { QueueSettings } from "../../src/core/storage.ts";
import type {
  Attempt,
  ClaimedAttempt,
  EnqueuedTask,
  FinalResult,
  FinalState,
  FinalTask,
  HistoryEvent,
  Receipt,
  SettledAttempt,
} from "./history.ts";

/** From when to when something took effect: at some instant between the two. `to` is infinite where no answer came. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** `now` is the worker's own moment. */
export type Claimed = ClaimedAttempt & Span & { readonly now: number };
/** An input of an enqueue, and what was said to it; null where no answer came. `index` is its place in the batch. */
export type Asked = EnqueuedTask & Span & { readonly receipt: Receipt | null; readonly index: number };
export type Renewed = Attempt & Span & { readonly leaseExpiresAt: number };
/** `certain` where the answer said that it took effect; else it may have. */
export type Ended = SettledAttempt & Span & { readonly certain: boolean; readonly rescued: boolean };
export type Changed = Span & { readonly certain: boolean };

/** What happened to one task, each list in the order of the answers. */
export interface TaskTimeline {
  readonly id: string;
  /** The enqueues that gave it its id, in the order of the calls. */
  readonly asked: Asked[];
  readonly claims: Claimed[];
  readonly renewals: Renewed[];
  readonly endings: Ended[];
  readonly cancels: Changed[];
  readonly retries: Changed[];
  readonly starts: (Attempt & { readonly at: number; readonly payload?: string })[];
  readonly ends: (Attempt & { readonly at: number; readonly returned: string | null })[];
  readonly task: FinalTask | undefined;
  readonly result: FinalResult | undefined;
}

export interface Batch extends Span {
  readonly tasks: readonly EnqueuedTask[];
  /** Null where no answer came. */
  readonly receipts: readonly Receipt[] | null;
}

export interface Configured extends Span, QueueSettings {
  readonly queue: string;
}

/** A history by what it happened to. */
export interface Timeline {
  readonly tasks: ReadonlyMap<string, TaskTimeline>;
  readonly batches: readonly Batch[];
  readonly configurations: readonly Configured[];
  readonly end: FinalState;
}

type CallEvent = Extract<HistoryEvent, { type: "call" }>;
type Outcome = Extract<HistoryEvent, { type: "answer" | "failure" }> | undefined;

export function toTimeline(history: readonly HistoryEvent[], end: FinalState): Timeline {
  return new Builder(end).build(history);
}

class Builder {
  readonly #tasks = new Map<string, TaskTimeline>();
  readonly #batches: Batch[] = [];
  readonly #configurations: Configured[] = [];
  readonly #end: FinalState;
  readonly #rows: ReadonlyMap<string, FinalTask>;
  readonly #results: ReadonlyMap<string, FinalResult>;

  constructor(end: FinalState) {
    this.#end = end;
    this.#rows = new Map(end.tasks.map((task) => [task.id, task]));
    this.#results = new Map(end.results.map((result) => [result.id, result]));
  }

  build(history: readonly HistoryEvent[]): Timeline {
    const outcomes = new Map<string, Outcome>();
    for (const event of history)
      if (event.type === "answer" || event.type === "failure") outcomes.set(event.operation, event);
    for (const { id } of this.#end.tasks) this.#of(id);
    for (const event of history) {
      if (event.type === "call") this.#addCall(event, outcomes.get(event.operation));
      else if (event.type === "start") this.#of(event.id).starts.push(event);
      else if (event.type === "end") this.#of(event.id).ends.push(event);
    }
    for (const task of this.#tasks.values()) {
      for (const list of [task.claims, task.renewals, task.endings, task.cancels, task.retries])
        list.sort((a: Span, b: Span) => a.to - b.to);
    }
    return {
      tasks: this.#tasks,
      batches: this.#batches,
      configurations: this.#configurations,
      end: this.#end,
    };
  }

  #addCall({ at, request }: CallEvent, outcome: Outcome): void {
    if (outcome?.type === "failure" && outcome.refused) return;
    const reply = outcome?.type === "answer" ? outcome.reply : null;
    const span = { from: at, to: reply === null ? Number.POSITIVE_INFINITY : (outcome?.at ?? at) };
    switch (request.verb) {
      case "enqueue": {
        const receipts = reply?.verb === "enqueue" ? reply.receipts : null;
        this.#batches.push({ ...span, tasks: request.tasks, receipts });
        for (const [index, task] of request.tasks.entries())
          this.#of(task.id).asked.push({ ...task, ...span, index, receipt: receipts?.[index] ?? null });
        return;
      }
      case "claim":
        if (reply?.verb !== "claim") return;
        for (const claim of reply.claims)
          this.#of(claim.id).claims.push({ ...claim, ...span, now: request.now ?? at });
        return;
      case "renew": {
        if (reply?.verb !== "renew") return;
        const { leaseExpiresAt } = request;
        for (const claim of reply.renewed)
          this.#of(claim.id).renewals.push({ ...claim, ...span, leaseExpiresAt });
        return;
      }
      case "settle": {
        // What is said to be lost may have been settled by a first send, after which another worker went on.
        const settled = new Set(reply?.verb === "settle" ? reply.settled.map(toKey) : []);
        for (const ending of request.settlements) {
          const certain = settled.has(toKey(ending));
          this.#of(ending.id).endings.push({ ...ending, ...span, certain, rescued: false });
        }
        return;
      }
      case "rescue":
        if (reply?.verb !== "rescue") return;
        for (const ending of reply.rescued)
          this.#of(ending.id).endings.push({ ...ending, ...span, certain: true, rescued: true });
        return;
      case "cancel":
        this.#of(request.id).cancels.push({ ...span, certain: reply !== null });
        return;
      case "retry":
        this.#of(request.id).retries.push({ ...span, certain: reply !== null });
        return;
      case "configure":
        this.#configurations.push({ ...span, ...request });
    }
  }

  #of(id: string): TaskTimeline {
    const known = this.#tasks.get(id);
    if (known !== undefined) return known;
    const task: TaskTimeline = {
      id,
      asked: [],
      claims: [],
      renewals: [],
      endings: [],
      cancels: [],
      retries: [],
      starts: [],
      ends: [],
      task: this.#rows.get(id),
      result: this.#results.get(id),
    };
    this.#tasks.set(id, task);
    return task;
  }
}

function toKey({ id, attempts }: Attempt): string {
  return `${id} ${attempts}`;
}
