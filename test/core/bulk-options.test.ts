import { describe, expect, it } from "vitest";
import { type BulkOptions, parseBulk, parseCount } from "../../src/core/bulk-options.ts";
import { NOW } from "../support/tasks.ts";

const PARENT = "018f0000-06bb-7e37-a6ed-ea59e3b6fd64";

/** As it comes from where no types are. */
const read = (text: string): BulkOptions => JSON.parse(text);

describe("the options of a bulk operation", () => {
  it("a filter says at least one condition, or { all: true } alone", () => {
    const parse = (filter: BulkOptions["filter"]) => parseBulk({ action: "cancel", filter }, NOW).filter;
    expect(parse({ queue: "mail" })).toMatchObject({ queue: "mail" });
    expect(parse({ all: true })).toEqual({});
    for (const filter of [{}, { queue: undefined }, { all: true, queue: "mail" }] as const) {
      expect(() => parse(filter)).toThrow(
        "expected filter to be at least one condition, or { all: true } alone",
      );
    }
  });

  it("a condition that there is not is refused, for without it the filter would be wider", () => {
    for (const [text, field] of [
      ['{"action":"cancel","filter":{"queu":"mail"}}', "filter.queu"],
      ['{"action":"cancel","filter":{"all":false}}', "filter.all"],
      ['{"action":"cancel","filter":{"queue":7}}', "filter.queue"],
      ['{"action":"cancel","filter":{"queue":null}}', "filter.queue"],
      ['{"action":"cancel","filter":{"status":"DONE"}}', "filter.status"],
      ['{"action":"cancel","filter":{"parentId":"7"}}', "filter.parentId"],
      ['{"action":"cancel","filter":{"createdBefore":"yesterday"}}', "filter.createdBefore"],
      ['{"action":"cancel","filter":null}', "filter"],
      ['{"action":"cancel"}', "filter"],
      ['{"action":"purge","filter":{"queue":"mail"}}', "action"],
    ] as const) {
      expect(() => parseBulk(read(text), NOW), text).toThrow(`expected ${field} to be`);
    }
  });

  it("a filter or a set that is no object is refused by its name", () => {
    const filters = { filter: { all: true }, set: null };
    expect(() => parseBulk(read(JSON.stringify({ action: "retry", ...filters })), NOW)).toThrow(
      /expected set to be/,
    );
    const { filter } = read('{"filter": null}');
    expect(() => parseBulk({ action: "retry", filter }, NOW)).toThrow(/expected filter to be an object/);
    expect(() => parseCount(filter, {})).toThrow(/expected filter to be an object/);
  });

  it("moments are read as everywhere", () => {
    const filter = { createdBefore: new Date(NOW), createdAfter: "2026-11-24T08:00:00Z", parentId: PARENT };
    expect(parseBulk({ action: "retry", filter }, NOW)).toMatchObject({
      filter: { createdBefore: NOW, createdAfter: NOW - 3_600_000, parentId: PARENT },
      cursor: null,
      pages: 5,
    });
    expect(parseCount({}, {})).toMatchObject({ filter: {}, cursor: null, pages: 20 });
  });

  it("reschedule takes an eta or a delay, change a priority or a queue, and the others nothing", () => {
    const filter = { queue: "mail" };
    const parse = (action: BulkOptions["action"], set?: BulkOptions["set"]) =>
      parseBulk({ action, filter, set }, NOW).change;
    expect(parse("reschedule", { delay: "1h" })).toEqual({ action: "reschedule", eta: NOW + 3_600_000 });
    expect(parse("change", { priority: 0 })).toEqual({ action: "change", priority: 0 });
    expect(() => parse("reschedule")).toThrow("expected set.eta to be given, or a delay, got neither");
    expect(() => parse("reschedule", { eta: NOW, delay: 1 })).toThrow("expected set.delay to be absent");
    expect(() => parse("reschedule", { priority: 1 })).toThrow("expected set.priority to be absent");
    expect(() => parse("change", {})).toThrow("expected set.priority to be given, or a queue, got neither");
    expect(() => parse("change", { priority: 10 })).toThrow("expected set.priority to be an integer");
    for (const action of ["retry", "delete", "cancel", "runNow"] as const) {
      expect(() => parse(action, { eta: NOW })).toThrow(`expected set.eta to be absent for ${action}`);
    }
  });

  it("a call goes through 1 to 100 pages, from a cursor that is an id", () => {
    const filter = { queue: "mail" };
    for (const pages of [0, 101, 1.5]) {
      expect(() => parseBulk({ action: "retry", filter, pages }, NOW)).toThrow("expected pages to be");
    }
    expect(() => parseCount({}, { cursor: "7" })).toThrow("expected cursor to be a UUIDv7");
  });
});
