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

/** Sends what the document says, and holds every reply to it. */
export function itKeepsTheContract(name: string, open: () => Promise<World>): void {
  describe(`the contract of the API, on ${name}`, () => {
    let world: World;
    let checker: Checker;
    /** The replies that came, by operation and status. */
    const met = new Set<string>();

    beforeAll(async () => {
      world = await open();
      const { text } = await world.as(null, "GET", "/openapi.json");
      checker = new Checker(JSON.parse(text));
    });

    const send = async (
      listed: Listed,
      path: string,
      options: CallOptions = {},
      scope: Scope | null = "admin",
    ): Promise<Answer> => {
      const answer = await world.as(scope, listed.method.toUpperCase(), path, options);
      expect(
        checker.faultOf(listed, answer),
        `${listed.method} ${path} ${JSON.stringify(options.json)}`,
      ).toBeNull();
      met.add(`${listed.operation.operationId} ${answer.status}`);
      return answer;
    };
    const sendParts = (listed: Listed, parts: Parts, scope?: Scope | null) => {
      const options = { json: parts.body, headers: headersOf(parts.header) };
      return send(listed, addressOf(listed.path, parts), options, scope);
    };

    describe.each(OPERATIONS.map((listed) => [listed.operation.operationId, listed] as const))(
      "%s",
      (_, listed) => {
        const { parameters = [], requestBody } = listed.operation;
        const requests = () => new Requests(listed, checker, world);
        beforeAll(() => world.seed());

        it("answers as it says for the document's own example, whatever is there", async () => {
          const own = requests();
          const names = parameters.some(({ name }) => name === "id") ? world.ids : world.schedules;
          const { path, query } = own.valid();
          const [name] = Object.keys(path);
          const json = requestBody && own.example;
          if (name === undefined) {
            const { status, text } = await send(listed, addressOf(listed.path, { path, query }), { json });
            expect(status, text).toBeLessThan(300);
            return;
          }
          for (const value of [...names, ...names]) {
            await send(listed, addressOf(listed.path, { path: { [name]: value }, query: {} }), { json });
          }
        });

        const hasOptional = requestBody !== undefined || parameters.some(({ required }) => !required);
        if (hasOptional)
          it("takes each optional member, and does without it", async () => {
            const own = requests();
            for (const member of own.optional) {
              for (const isThere of [true, false])
                expect(await isTaken(own, member, isThere), member.name).toBe(true);
            }
          });

        if (requestBody !== undefined)
          it("refuses what the document refuses", async () => {
            const own = requests();
            for (const member of [...own.members, "noSuch"]) {
              const parts = own.invalid(member);
              const { status, text } = await sendParts(listed, parts);
              expect(status, `${JSON.stringify(parts.body)}: ${text}`).toBe(400);
            }
          });

        it("answers with each code that it declares for a caller's faults", async () => {
          await world.seed();
          const own = requests();
          for (const code of codesOf(listed)) {
            const answer = await sendFault(own, code);
            expect(answer.body, `${code}: ${answer.text}`).toMatchObject({ code });
          }
        });

        const sendFault = async (own: Requests, code: string) => {
          const { path, query, ...parts } = own.valid();
          const address = addressOf(listed.path, { path, query });
          if (code === "unauthorized") return sendParts(listed, { path, query, ...parts }, null);
          if (code === "forbidden") return send(listed, address, {}, otherThan(listed));
          const fault = await makeFault(code, own, world);
          if (fault.first !== undefined) await send(listed, fault.path, fault.first);
          return send(listed, fault.path, fault.options);
        };

        /** Whether a request with the member, or without it, is answered by 2xx; none that the document takes is invalid. */
        const isTaken = async (own: Requests, member: Optional, isThere: boolean): Promise<boolean> => {
          for (let tries = 0; tries < TRIES; tries++) {
            const parts = own.valid(member, isThere);
            const { status, body, text } = await sendParts(listed, parts);
            expect(body.code, `${JSON.stringify(parts)}: ${text}`).not.toBe("invalid_input");
            if (status < 400) {
              // Once more: of what a request may only do once, the reply to the second is another.
              await sendParts(listed, parts);
              return true;
            }
          }
          return false;
        };
      },
    );

    it("has met every reply that is declared and is no fault of the server", async () => {
      await sendKnown();
      const declared = OPERATIONS.flatMap(({ operation }) =>
        Object.entries(operation.responses)
          .filter(([status, { description }]) => Number(status) < 500 && !NOT_AT_WILL.has(description))
          .map(([status]) => `${operation.operationId} ${status}`),
      );
      expect(declared.filter((reply) => !met.has(reply))).toEqual([]);
    });

    /** What a client sends that has it already. */
    const sendKnown = async () => {
      for (const listed of OPERATIONS.filter(({ operation }) => operation.responses["304"] !== undefined)) {
        const { headers } = await send(listed, listed.path, {}, null);
        await send(listed, listed.path, { headers: { "if-none-match": headers.get("etag") ?? "" } }, null);
      }
    };

    it("shows a key without the scope read no payload of a task that it meets", async () => {
      const listed = OPERATIONS.find(({ operation }) => operation.operationId === "enqueueTask");
      if (listed === undefined) throw new Error("expected the operation");
      await world.seed();
      const json = { funcPath: "contract.echo", kwargs: { other: true }, uniqueKey: "later" };
      const { status, body } = await send(listed, listed.path, { json }, "enqueue");
      expect(status).toBe(200);
      expect(body).not.toHaveProperty("kwargs");
    });
  });
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
