import { beforeAll, describe, expect, it } from "vitest";
import { SCOPES, type Scope } from "../../../src/http/keys.ts";
import { makeDocument } from "../../../src/http/openapi/document.ts";
import type { Answer, CallOptions } from "../../support/http.ts";
import { Checker, type Listed } from "./checker.ts";
import { makeFault, NOT_AT_WILL } from "./faults.ts";
import { addressOf, headersOf, type Optional, type Parts, Requests } from "./requests.ts";
import type { World } from "./world.ts";

/** How often a member is tried with others until a request with it is answered by 2xx. */
const TRIES = 8;

/** The document that every isolate makes: the tests are named by its operations. */
const { listed: OPERATIONS } = new Checker(makeDocument());

/** What the tests of all operations share. */
interface Contract {
  readonly world: World;
  readonly checker: Checker;
  /** The replies that came, by operation and status. */
  readonly met: Set<string>;
}

/** A request, whose reply is held to the document. */
async function send(
  { world, checker, met }: Contract,
  listed: Listed,
  path: string,
  options: CallOptions = {},
  scope: Scope | null = "admin",
): Promise<Answer> {
  const answer = await world.as(scope, listed.method.toUpperCase(), path, options);
  const sent = `${listed.method} ${path} ${JSON.stringify(options.json)}`;
  expect(checker.faultOf(listed, answer), sent).toBeNull();
  met.add(`${listed.operation.operationId} ${answer.status}`);
  return answer;
}

function sendParts(contract: Contract, listed: Listed, parts: Parts, scope?: Scope | null): Promise<Answer> {
  const options = { json: parts.body, headers: headersOf(parts.header) };
  return send(contract, listed, addressOf(listed.path, parts), options, scope);
}

/** Sends what the document says, and holds every reply to it. */
export function itKeepsTheContract(name: string, open: () => Promise<World>): void {
  describe(`the contract of the API, on ${name}`, () => {
    let contract: Contract;
    beforeAll(async () => {
      const world = await open();
      const { text } = await world.as(null, "GET", "/openapi.json");
      contract = { world, checker: new Checker(JSON.parse(text)), met: new Set() };
    });

    for (const listed of OPERATIONS) itIsAsDeclared(listed, () => contract);

    it("has met every reply that is declared and is no fault of the server", async () => {
      await sendKnown(contract);
      const declared = OPERATIONS.flatMap(({ operation }) =>
        Object.entries(operation.responses)
          .filter(([status, { description }]) => Number(status) < 500 && !NOT_AT_WILL.has(description))
          .map(([status]) => `${operation.operationId} ${status}`),
      );
      expect(declared.filter((reply) => !contract.met.has(reply))).toEqual([]);
    });

    it("shows a key without the scope read no payload of a task that it meets", async () => {
      const listed = OPERATIONS.find(({ operation }) => operation.operationId === "enqueueTask");
      if (listed === undefined) throw new Error("expected the operation");
      await contract.world.seed();
      const json = { funcPath: "contract.echo", kwargs: { other: true }, uniqueKey: "later" };
      const { status, body } = await send(contract, listed, listed.path, { json }, "enqueue");
      expect(status).toBe(200);
      expect(body).not.toHaveProperty("kwargs");
    });
  });
}

function itIsAsDeclared(listed: Listed, contractOf: () => Contract): void {
  const { operationId, parameters = [], requestBody } = listed.operation;
  const start = () => {
    const contract = contractOf();
    return { contract, own: new Requests(listed, contract.checker, contract.world) };
  };
  describe(operationId, () => {
    beforeAll(() => contractOf().world.seed());

    it("answers as it says for the document's own example, whatever is there", async () => {
      const { contract, own } = start();
      await sendExamples(contract, own);
    });

    if (requestBody !== undefined || parameters.some(({ required }) => !required)) {
      it("takes each optional member, and does without it", async () => {
        const { contract, own } = start();
        for (const member of own.optional) {
          for (const isThere of [true, false])
            expect(await isTaken(contract, own, member, isThere), member.name).toBe(true);
        }
      });
    }

    if (requestBody !== undefined) {
      it("refuses what the document refuses", async () => {
        const { contract, own } = start();
        for (const member of [...own.members, "noSuch"]) {
          const parts = own.invalid(member);
          const { status, text } = await sendParts(contract, listed, parts);
          expect(status, `${JSON.stringify(parts.body)}: ${text}`).toBe(400);
        }
      });
    }

    it("answers with each code that it declares for a caller's faults", async () => {
      const { contract, own } = start();
      await contract.world.seed();
      for (const code of codesOf(listed)) {
        const answer = await sendFault(contract, own, code);
        expect(answer.body, `${code}: ${answer.text}`).toMatchObject({ code });
      }
    });
  });
}

/** To each task, or each schedule, that is there; twice, for the second may meet what the first has done. */
async function sendExamples(contract: Contract, own: Requests): Promise<void> {
  const { listed, example } = own;
  const { path, query } = own.valid();
  const [name] = Object.keys(path);
  const json = own.body && example;
  if (name === undefined) {
    const { status, text } = await send(contract, listed, addressOf(listed.path, { path, query }), { json });
    expect(status, text).toBeLessThan(300);
    return;
  }
  const names = name === "id" ? contract.world.ids : contract.world.schedules;
  for (const value of [...names, ...names]) {
    const address = addressOf(listed.path, { path: { [name]: value }, query: {} });
    await send(contract, listed, address, { json });
  }
}

/** Whether a request with the member, or without it, is answered by 2xx; none that the document takes is invalid. */
async function isTaken(
  contract: Contract,
  own: Requests,
  member: Optional,
  isThere: boolean,
): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries++) {
    const parts = own.valid(member, isThere);
    const { status, body, text } = await sendParts(contract, own.listed, parts);
    expect(body.code, `${JSON.stringify(parts)}: ${text}`).not.toBe("invalid_input");
    if (status < 400) {
      // Once more: of what a request may only do once, the reply to the second is another.
      await sendParts(contract, own.listed, parts);
      return true;
    }
  }
  return false;
}

async function sendFault(contract: Contract, own: Requests, code: string): Promise<Answer> {
  const { listed } = own;
  const parts = own.valid();
  if (code === "unauthorized") return sendParts(contract, listed, parts, null);
  if (code === "forbidden")
    return send(contract, listed, addressOf(listed.path, parts), {}, otherThan(listed));
  const { path, options, first } = await makeFault(code, own, contract.world);
  if (first !== undefined) await send(contract, listed, path, first);
  return send(contract, listed, path, options);
}

/** What a client sends that has it already. */
async function sendKnown(contract: Contract): Promise<void> {
  for (const listed of OPERATIONS.filter(({ operation }) => operation.responses["304"] !== undefined)) {
    const { headers } = await send(contract, listed, listed.path, {}, null);
    const known = { "if-none-match": headers.get("etag") ?? "" };
    await send(contract, listed, listed.path, { headers: known }, null);
  }
}

function codesOf({ operation }: Listed): readonly string[] {
  return Object.entries(operation.responses)
    .filter(([status]) => Number(status) >= 400 && Number(status) < 500)
    .flatMap(([, { description }]) => description.split(", "))
    .filter((code) => !NOT_AT_WILL.has(code));
}

/** A scope that does not do. */
function otherThan({ operation }: Listed): Scope {
  const [needed] = operation.security.flatMap((one) => Object.values(one)).flat();
  return SCOPES.find((scope) => scope !== needed && scope !== "admin") ?? "read";
}
