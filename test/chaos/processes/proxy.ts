import { connect, createServer, type Socket } from "node:net";

/** A TCP proxy before a server: it knows nothing of what passes, and can break it off. */
export interface TcpProxy {
  readonly url: string;
  /** The next reply on any connection is broken off in its middle; the server has done what it was asked. */
  cutReply(): void;
  close(): Promise<void>;
}

export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let cuts = 0;

  const keep = (socket: Socket, other: Socket) => {
    sockets.add(socket);
    socket.on("error", () => other.destroy());
    socket.on("close", () => {
      sockets.delete(socket);
      other.destroy();
    });
  };

  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    keep(client, upstream);
    keep(upstream, client);
    client.on("data", (data) => upstream.write(data));
    upstream.on("data", (data) => {
      if (cuts === 0) return client.write(data);
      cuts -= 1;
      client.write(data.subarray(0, data.length / 2), () => client.resetAndDestroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    cutReply: () => {
      cuts += 1;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
