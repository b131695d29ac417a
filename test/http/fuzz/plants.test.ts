import { afterAll, expect, it } from "vitest";
import { caller } from "../../support/http.ts";
import { openLibsql, temporaryFolder } from "../../support/libsql.ts";
import { operator } from "./credentials.ts";
import { openFront, type Transport } from "./front.ts";
import { fuzz } from "./fuzz.ts";

type Send = Parameters<Transport>[0];
type Plant = (send: Send) => Send;

const folder = await temporaryFolder();
afterAll(() => folder.remove());
const database = await openLibsql({ url: `file:${folder.path}/queue.db` });

const onRequest =
  (change: (request: Request) => Request | Promise<Request>): Plant =>
  (send) =>
  async (request) =>
    send(await change(request));

const onReply =
  (change: (reply: Response, request: Request) => Response | Promise<Response>): Plant =>
  (send) =>
  async (request) =>
    change(await send(request), request);

/** The same with another text for a body. */
const rewritten = (write: (text: string) => string) =>
  onRequest(async (request) => {
    if (request.body === null) return request;
    return new Request(request, { body: write(await request.text()) });
  });

const PLANTS: readonly (readonly [name: string, plant: Plant, found: RegExp])[] = [
  [
    "a 500",
    onReply((reply) =>
      reply.status === 405 ? new Response("at run (/src/http/api.ts:7)", { status: 500 }) : reply,
    ),
    /a status below 500/,
  ],
  [
    "a stack in a reply",
    onReply(async (reply) => {
      const text = await reply.text();
      const detail = `${text.slice(0, -1)},"stack":"Error\\n at run (/src/http/api.ts:7)"}`;
      return reply.status === 400 ? new Response(detail, reply) : new Response(text, reply);
    }),
    /nothing of the inside/,
  ],
  [
    "a key in a reply",
    onReply((reply, request) => {
      if (reply.status === 403) reply.headers.set("x-key", request.headers.get("authorization") ?? "");
      return reply;
    }),
    /no key and no digest/,
  ],
  [
    "a security header that is missing",
    onReply((reply) => {
      if (reply.status === 409) reply.headers.delete("x-content-type-options");
      return reply;
    }),
    /nosniff/,
  ],
  [
    "a scope that does not bound",
    onRequest((request) => {
      if (request.method === "PUT" && request.headers.get("authorization")?.includes("producer"))
        request.headers.set("authorization", operator.authorization ?? "");
      return request;
    }),
    /403 without the scope/,
  ],
  ["text in another normal form", rewritten((text) => text.normalize("NFC")), /to come back equal/],
  [
    "an integer that is rounded",
    rewritten((text) => text.replaceAll(/\b\d{17,}\b/g, (digits) => `${Number(digits)}`)),
    /not_serializable/,
  ],
  [
    "a lost member",
    rewritten((text) => text.replaceAll('"__proto__"', '"proto"')),
    /to come back equal|to see what was sent/,
  ],
];

it.each(PLANTS)("the fuzz finds %s", async (_, plant, found) => {
  const front = await openFront(database, (send) => caller(plant(send)));
  await expect(fuzz(front, { seed: 1, requests: 2_000, shorten: false })).rejects.toThrow(found);
});
