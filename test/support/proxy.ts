import { createServer, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/** What a proxy does with the reply to a statement, instead of passing it on. */
export type Reply = (response: ServerResponse, body: string) => void;

/** Sends the first half of the reply, and then no more. */
export const cutOff: Reply = (response, body) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.write(body.slice(0, body.length / 2), () => response.destroy());
};

/** A status without the reply, as a load balancer or a gateway answers. */
export function status(code: number): Reply {
  return (response) => void response.writeHead(code, { "content-type": "text/html" }).end("<html>no</html>");
}

/** A proxy before a libSQL server, on the loopback. */
export interface Proxy {
  readonly url: string;
  /** What the next statements are answered with, in turn; the server has carried them out. The others pass. */
  readonly replies: Reply[];
  /** Requests so far that carried statements. */
  readonly requests: () => number;
  close(): Promise<void>;
}

export async function startProxy(target: string): Promise<Proxy> {
  const replies: Reply[] = [];
  let requests = 0;
  const server = createServer(async (request, response) => {
    const isRead = request.method === "GET";
    // In JSON both ways: half a reply is half of a text.
    if (isRead && request.url !== "/v2") return void response.writeHead(404).end();
    const headers = { "content-type": request.headers["content-type"] ?? "text/plain" };
    const body = isRead ? undefined : await text(request);
    const answer = await fetch(`${target}${request.url}`, { method: request.method, headers, body });
    const answered = await answer.text();
    const type = answer.headers.get("content-type") ?? "text/plain";
    if (!isRead) requests += 1;
    const reply = isRead ? undefined : replies.shift();
    if (reply !== undefined) reply(response, answered);
    else response.writeHead(answer.status, { "content-type": type }).end(answered);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    replies,
    requests: () => requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
