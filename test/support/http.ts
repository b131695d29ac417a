import { parseJson } from "../../src/core/json.ts";

/** An answer of the API, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The text as JSON; empty where there is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface CallOptions {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Uint8Array<ArrayBuffer> | ReadableStream;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request and reads its answer. */
export type Call = (method: string, path: string, options?: CallOptions) => Promise<Answer>;

/** @param send what serves the requests; `headers` go with each of them */
export function caller(
  send: (request: Request) => Response | Promise<Response>,
  headers: Readonly<Record<string, string>> = {},
): Call {
  return async (method, path, options = {}) => {
    const { json, raw } = options;
    const body = json === undefined ? raw : JSON.stringify(json);
    const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    const request = new Request(`http://omniq.test${path}`, {
      method,
      body,
      headers: { ...type, ...headers, ...options.headers },
      ...(raw instanceof ReadableStream ? { duplex: "half" } : {}),
    });
    const response = await send(request);
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "") && text !== "";
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? parseJson(text) : {},
    };
  };
}
