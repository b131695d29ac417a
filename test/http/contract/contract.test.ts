import { afterAll } from "vitest";
import { openLibsql, temporaryFolder } from "../../support/libsql.ts";
import { type HttpServer, serve } from "../../support/serve.ts";
import { itKeepsTheContract } from "./suite.ts";
import { World } from "./world.ts";

const folder = await temporaryFolder();
const servers: HttpServer[] = [];
afterAll(async () => {
  for (const server of servers) await server.close();
  await folder.remove();
});

itKeepsTheContract("a libSQL file behind a server of Node's", async () =>
  World.open(await openLibsql({ url: `file:${folder.path}/queue.db` }), async (send) => {
    const server = await serve(send);
    servers.push(server);
    return server.call;
  }),
);
