import { afterAll } from "vitest";
import { openLibsql, temporaryFolder } from "../../support/libsql.ts";
import { type HttpServer, serve } from "../../support/serve.ts";
import { openFront } from "./front.ts";
import { itHolds } from "./suite.ts";

const folder = await temporaryFolder();
const servers: HttpServer[] = [];
afterAll(async () => {
  for (const server of servers) await server.close();
  await folder.remove();
});

const open = async () =>
  openFront(await openLibsql({ url: `file:${folder.path}/${servers.length}.db` }), async (send) => {
    const server = await serve(send);
    servers.push(server);
    return server.call;
  });

itHolds("a libSQL file behind a server of Node's", open, process.env);
