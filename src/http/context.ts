import type { Context } from "hono";
import type { Queue } from "../core/queue.ts";
import type { ApiKey } from "./keys.ts";

/** What a request is served with. */
export interface Api {
  readonly queue: Queue;
  /** Null lets everybody do everything. */
  readonly keys: readonly ApiKey[] | null;
  /** Signs the sessions of the dashboard, together with the keys. Defaults to these alone. */
  readonly sessionSecret?: string;
  /** Starts what is due now, in the rest of the request's time. Defaults to leaving it to a runner. */
  readonly kick?: () => void;
  /** Hears of errors that are not the caller's. Defaults to nobody. */
  readonly onError?: (error: unknown) => void;
}

export interface ApiVariables {
  api: Api;
  /** The queue over this request's session, whose answers may be shown. */
  queue: Queue;
  /** Name of the key. */
  caller: string;
  /** Whether the key has the scope `read`. */
  mayRead: boolean;
}

export type ApiContext = Context<{ Variables: ApiVariables }>;
