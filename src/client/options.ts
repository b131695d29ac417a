import type { Duration } from "../core/duration.ts";

/** How a client reaches the API. */
export interface ClientOptions {
  /** Where the API is: what comes before `/v1`, such as `https://jobs.example.com` or `https://example.com/queue`. */
  readonly url: string | URL;
  /** A key of the server's `OMNIQ_KEYS`. Defaults to none. */
  readonly key?: string;
  /**
   * Sends a request: by a service binding, which must be asked as its own method, or to an app in this process. Defaults to the
   * platform's.
   *
   * @example fetch: (url, init) => env.API.fetch(url, init)
   */
  readonly fetch?: (url: string, init: RequestInit) => Response | Promise<Response>;
  /** How long one try may take, to the end of its reply: milliseconds or a text like `"30s"`. Defaults to 30 s. */
  readonly timeout?: Duration;
  /** How often a call that failed is sent again, where that may help: 0 for never. Defaults to 3. */
  readonly retries?: number;
  /** Sent with every request, such as those that a gateway asks for. Defaults to none. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The `bookmark` of another client, whose writes this one is to see on D1's replicas. Defaults to none. */
  readonly bookmark?: string | null;
}
