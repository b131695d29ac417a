/** Requests as the document describes them. */
import type { JsonSchema } from "@valibot/to-json-schema";
import fc from "fast-check";
import type { ParameterObject } from "../../../src/http/openapi/document.ts";
import { arbitraryOf, type Forced, objectOf, resolve } from "./arbitrary.ts";
import type { Checker, Listed } from "./checker.ts";
import type { World } from "./world.ts";

/** What goes into a request. */
export interface Parts {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly header: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** A member that need not be there: of the query, the headers or the body. */
export interface Optional {
  readonly place: "query" | "header" | "body";
  readonly name: string;
}

/** Tells one sample from the next; the same in each run. */
let seed = 20_261_124;

export function sample<T>(arbitrary: fc.Arbitrary<T>): T {
  seed += 1;
  const [value] = fc.sample(arbitrary, { seed, numRuns: 1 });
  if (value === undefined) throw new Error("expected a sample");
  return value;
}

export class Requests {
  readonly listed: Listed;
  readonly #checker: Checker;
  readonly #world: World;

  constructor(listed: Listed, checker: Checker, world: World) {
    this.listed = listed;
    this.#checker = checker;
    this.#world = world;
  }

  get body(): JsonSchema | undefined {
    return this.listed.operation.requestBody?.content["application/json"]?.schema;
  }

  /** The document's own example of a body. */
  get example(): Record<string, unknown> | undefined {
    return { ...this.listed.operation.requestBody?.content["application/json"]?.example };
  }

  /** The members of its body. */
  get members(): readonly string[] {
    return Object.keys(resolve(this.body, this.#context).properties ?? {});
  }

  get optional(): readonly Optional[] {
    const { required = [] } = resolve(this.body, this.#context);
    const names = this.members.filter((name) => !required.includes(name));
    const parameters = this.#parameters.filter(({ required }) => !required);
    return [
      ...parameters.map(
        ({ in: place, name }) => ({ place: place === "header" ? place : "query", name }) as const,
      ),
      ...names.map((name) => ({ place: "body", name }) as const),
    ];
  }

  /** What the document takes, with a member that is there or is not. */
  valid(member?: Optional, isThere = false): Parts {
    const forced = (place: Optional["place"]): Forced =>
      member?.place === place ? { [member.name]: isThere } : {};
    const parts = fc.record({
      path: this.#of("path", {}),
      query: this.#of("query", forced("query")).filter(isInOrder),
      header: this.#of("header", forced("header")),
    });
    if (this.body === undefined) return { ...sample(parts), body: undefined };
    return {
      ...sample(parts),
      body: sample(objectOf(this.body, this.#context, forced("body")).filter(this.#isBody)),
    };
  }

  /** A body that the document refuses for one of its members. */
  invalid(name: string): Parts {
    const { body, ...parts } = this.valid();
    const wrong = fc.constantFrom<unknown>(null, true, "", -1, 1.5, 1e15, [], {}, "\u0000", "x".repeat(300), [
      null,
    ]);
    const broken = wrong.map((value) => ({ ...body, [name]: value })).filter((one) => !this.#isBody(one));
    return { ...parts, body: sample(broken) };
  }

  readonly #isBody = (body: unknown): boolean => {
    const { path, method } = this.listed;
    return this.#checker.validator(
      "paths",
      path,
      method,
      "requestBody",
      "content",
      "application/json",
      "schema",
    )(body);
  };

  get #context() {
    return { schemas: this.#checker.document.components.schemas, known: this.#world.known };
  }

  get #parameters(): readonly ParameterObject[] {
    return this.listed.operation.parameters ?? [];
  }

  #of(place: ParameterObject["in"], forced: Forced): fc.Arbitrary<Record<string, unknown>> {
    const own = this.#parameters.filter((one) => one.in === place);
    const required = own.filter((one) => one.required).map(({ name }) => name);
    const properties = Object.fromEntries(own.map(({ name, schema }) => [name, schema]));
    const known = place === "path" ? this.#names() : {};
    const context = { ...this.#context, known: { ...this.#context.known, ...known } };
    return objectOf({ properties, required }, context, forced);
  }

  #names() {
    const isSchedule = this.listed.path.startsWith("/v1/schedules");
    const queues = arbitraryOf({ type: "string" }, this.#context).map((text) =>
      `queue ${text}`.toWellFormed(),
    );
    return {
      id: fc.constantFrom(...this.#world.ids),
      name: isSchedule ? fc.constantFrom(...this.#world.schedules) : queues,
    };
  }
}

/** What no schema can say. */
function isInOrder({ from = 0, to = Date.now() }: Readonly<Record<string, unknown>>): boolean {
  return (
    new Date(`${from}`.match(/^\d+$/) ? Number(from) : `${from}`) <
    new Date(`${to}`.match(/^\d+$/) ? Number(to) : `${to}`)
  );
}

/** The address that the parts make of a path. */
export function addressOf(path: string, { path: names, query }: Pick<Parts, "path" | "query">): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(`${names[name]}`));
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(`${value}`)}`);
  return pairs.length === 0 ? filled : `${filled}?${pairs.join("&")}`;
}

/** Headers as they can be sent: one byte for each character, and none at the ends that would be cut off. */
export function headersOf(header: Parts["header"]): Record<string, string> {
  const entries = Object.entries(header).map(
    ([name, value]) => [name, encodeURIComponent(`${value}`).slice(0, 255)] as const,
  );
  return Object.fromEntries(entries);
}
