import { AMBIENT, type Ambient } from "./ambient.ts";
import { readDuration } from "./duration.ts";
import { OmniqError, refuse } from "./errors.ts";
import type { ClientOptions } from "./options.ts";
import { delayBefore, isUntouched, raceAbort } from "./patience.ts";
import { type Reply, readBody, readProblem, readText } from "./reply.ts";

/** One call of the API. */
export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With each part encoded, as `/v1/tasks`. */
  readonly path: string;
  /** What is undefined or null is left out. */
  readonly query?: Readonly<Record<string, string | number | null | undefined>>;
  /** Sent as JSON, made once: each try sends the same bytes. */
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  /** How much longer than others the server may take, in milliseconds. Defaults to 0. */
  readonly patience?: number;
  /** False where doing it twice is doing it twice: it is sent again only where it surely was not done. Defaults to true. */
  readonly isRepeatable?: boolean;
  /** Times that it may be sent again. Defaults to those of the client. */
  readonly retries?: number;
  readonly signal?: AbortSignal;
}

/** What D1 knows of what was seen, for what is to see at least as much. */
const BOOKMARK = "x-d1-bookmark";

/** A timer that is to be later is due at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

const VISIBLE = /^[\x21-\x7e]+$/;

/** Sends calls, again where it helps, and reads replies. */
export class Transport {
  readonly #origin: string;
  readonly #fetch: NonNullable<ClientOptions["fetch"]>;
  readonly #timeout: number;
  readonly #retries: number;
  readonly #headers: Readonly<Record<string, string>>;
  readonly ambient: Ambient;
  #bookmark: string | null;

  /** @throws {OmniqError} `invalid_input` */
  constructor(options: ClientOptions, ambient: Ambient = AMBIENT) {
    const { url, key, timeout = "30s", retries = 3, headers = {}, bookmark = null } = options;
    this.#origin = readUrl(url);
    this.#fetch = options.fetch ?? ((address, init) => fetch(address, init));
    this.#timeout = readDuration(timeout, "timeout");
    if (!Number.isSafeInteger(retries) || retries < 0)
      throw refuse("retries", "an integer from 0", `${retries}`);
    this.#retries = retries;
    // It may be a secret in the wrong place: nothing of it is told.
    if (key !== undefined && !VISIBLE.test(key))
      throw refuse("key", "visible ASCII without spaces", "another text");
    this.#headers = {
      ...readHeaders(headers),
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    };
    this.#bookmark = bookmark;
    this.ambient = ambient;
  }

  get retries(): number {
    return this.#retries;
  }

  get bookmark(): string | null {
    return this.#bookmark;
  }

  /**
   * The body of the reply.
   *
   * @param member that it surely has, by which the API's reply is told from another's
   * @throws {OmniqError}, or the signal's reason
   */
  json(call: Call, member: string): Promise<ReturnType<typeof readBody>> {
    return this.#send(call, (reply) => readBody(reply, nameOf(call), member));
  }

  /** The text of a reply of this type; `null` where it is to have none. @throws {OmniqError}, or the signal's reason */
  text(call: Call, type: string | null): Promise<string> {
    return this.#send(call, (reply) => readText(reply, nameOf(call), type));
  }

  async #send<T>(call: Call, read: (reply: Reply) => T): Promise<T> {
    const { body, retries = this.#retries, isRepeatable = true, signal } = call;
    const text = body === undefined ? undefined : JSON.stringify(body);
    for (let tries = 1; ; tries++) {
      try {
        return read(await this.#try(call, text));
      } catch (error) {
        if (error instanceof OmniqError) error.tries = tries;
        const mayRepeat = tries <= retries && (isRepeatable || isUntouched(error));
        const delay = mayRepeat ? delayBefore(error, tries, this.ambient.random()) : null;
        if (delay === null) throw error;
        await this.ambient.sleep(delay, signal);
      }
    }
  }

  async #try(call: Call, body: string | undefined): Promise<Reply> {
    const { signal, patience = 0 } = call;
    signal?.throwIfAborted();
    const timeout = this.#timeout + patience;
    const controller = new AbortController();
    const late = new OmniqError({
      code: "request_timeout",
      detail: `expected a reply to ${nameOf(call)} within ${timeout} ms, and none came`,
    });
    const abort = () => controller.abort(signal?.reason);
    const timer = timeout > LONGEST_TIMER ? null : setTimeout(() => controller.abort(late), timeout);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      // A fetch of the caller's may know nothing of signals.
      return await raceAbort(this.#fetchReply(call, body, controller.signal), controller.signal);
    } catch (error) {
      if (controller.signal.aborted) throw controller.signal.reason;
      throw error;
    } finally {
      if (timer !== null) clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  async #fetchReply(call: Call, body: string | undefined, signal: AbortSignal): Promise<Reply> {
    const { method, path, query = {} } = call;
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== null) search.set(name, `${value}`);
    }
    const address = `${this.#origin}${path}${search.size > 0 ? `?${search}` : ""}`;
    const reply = await this.#read(call, address, {
      method,
      body,
      signal,
      headers: this.#headersOf(call, body),
      // A redirect would make a GET of a POST, and of its reply nonsense.
      redirect: "manual",
    });
    this.#note(reply.headers.get(BOOKMARK));
    if (reply.status >= 200 && reply.status < 300) return reply;
    throw readProblem(reply, nameOf(call));
  }

  async #read(call: Call, address: string, init: RequestInit): Promise<Reply> {
    try {
      // Called as a method, the platform's own would refuse an object that is not the one it belongs to.
      const send = this.#fetch;
      const response = await send(address, init);
      const { status, headers } = response;
      return { status, headers, text: await response.text() };
    } catch (cause) {
      const detail = `expected a reply to ${nameOf(call)}, got none (${describeCause(cause)}): see that url is right and the server reachable`;
      throw new OmniqError({ code: "network_error", detail, cause });
    }
  }

  #headersOf({ idempotencyKey }: Call, body: string | undefined): Record<string, string> {
    return {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
      ...(this.#bookmark === null ? {} : { [BOOKMARK]: this.#bookmark }),
      ...this.#headers,
    };
  }

  /** Bookmarks sort as what they mark, and replies may come in another order than their requests went. */
  #note(bookmark: string | null): void {
    if (bookmark !== null && bookmark > (this.#bookmark ?? "")) this.#bookmark = bookmark;
  }
}

/** Of a deletion that was sent again: that nothing is there is what a try before it, whose reply was lost, may have done. */
export async function ignoreAbsence(deletion: Promise<unknown>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    const isAbsent = error instanceof OmniqError && (error.status === 404 || error.status === 410);
    if (!isAbsent || error.tries < 2) throw error;
  }
}

function nameOf({ method, path }: Call): string {
  return `${method} ${path}`;
}

function readUrl(url: string | URL): string {
  const parsed = URL.parse(`${url}`);
  const isWeb = parsed?.protocol === "http:" || parsed?.protocol === "https:";
  if (parsed === null || !isWeb || parsed.username !== "" || parsed.search !== "" || parsed.hash !== "") {
    const got = isWeb ? "one with a user, a query or a fragment" : "another text";
    throw refuse("url", "that of the API, such as https://jobs.example.com", got);
  }
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, "")}`;
}

/** By names in small letters, so that none is there twice. */
function readHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return Object.fromEntries(new Headers(headers));
  } catch {
    throw refuse("headers", "names and values that HTTP allows", "others");
  }
}

/** Node tells only in the cause what was wrong, and of several addresses, as `localhost` has, only by its code. */
function describeCause(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  if (!(cause instanceof Error)) return message;
  return `${message}: ${cause.message || Reflect.get(cause, "code") || cause.name}`;
}
