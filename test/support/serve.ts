import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { type Call, caller } from "./http.ts";

/** What serves requests, on a port of the loopback. */
export interface HttpServer {
  readonly call: Call;
  /** Where it is, as `http://127.0.0.1:8787`. */
  readonly origin: string;
  close(): Promise<void>;
}

/** Serves by Node's own HTTP server: requests and replies go through a socket. */
export async function serve(send: (request: Request) => Response | Promise<Response>): Promise<HttpServer> {
  const server = createServer(async (incoming, outgoing) => {
    const { method = "GET", url, rawHeaders } = incoming;
    const headers = new Headers();
    for (let at = 0; at < rawHeaders.length; at += 2)
      headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
    const body = ["GET", "HEAD"].includes(method) ? undefined : await buffer(incoming);
    const response = await send(new Request(`http://127.0.0.1${url}`, { method, headers, body }));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(new Uint8Array(await response.arrayBuffer()));
  });
  // On a busy machine a test may pause for longer than the default, and would then send into a connection that is being closed.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a port");
  const origin = `http://127.0.0.1:${address.port}`;
  return {
    origin,
    call: caller((request) => {
      const { pathname, search } = new URL(request.url);
      return fetch(new Request(`${origin}${pathname}${search}`, request));
    }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
