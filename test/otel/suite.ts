import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  SpanKind,
  SpanStatusCode,
  type TextMapPropagator,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { beforeEach, describe, expect, it } from "vitest";
import { Snooze } from "../../src/core/control.ts";
import { createQueue } from "../../src/core/queue.ts";
import { defineTask } from "../../src/core/registry.ts";
import { tracing } from "../../src/otel/index.ts";
import type { TestDatabase } from "../support/database.ts";

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = provider.getTracer("test");

/** The W3C's header, as far as these tests go. */
const propagator: TextMapPropagator = {
  inject(context: Context, carrier, setter = defaultTextMapSetter) {
    const span = trace.getSpanContext(context);
    if (span !== undefined) setter.set(carrier, "traceparent", `00-${span.traceId}-${span.spanId}-01`);
  },
  extract(context: Context, carrier, getter = defaultTextMapGetter) {
    const [, traceId, spanId] = String(getter.get(carrier, "traceparent") ?? "").split("-");
    if (traceId === undefined || spanId === undefined) return context;
    return trace.setSpanContext(context, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });
  },
  fields: () => ["traceparent"],
};

const work = defineTask<{ how?: string }>("mail.send", {
  queue: "mail",
  maxRetries: 0,
  run: ({ how }) => {
    if (how === "fail") throw new RangeError("no such address");
    if (how === "snooze") throw new Snooze("1h");
    return how ?? null;
  },
});

/** What tracing promises, on a real database. */
export function describeTracing(name: string, open: () => Promise<TestDatabase>): void {
  let database: TestDatabase | undefined;
  const start = (options: Parameters<typeof tracing>[0] = {}) => {
    if (database === undefined) throw new Error("the database is opened before each test");
    const middleware = [tracing({ tracer, propagator, ...options })];
    return createQueue({ storage: database.storage(), tasks: [work], middleware });
  };
  const spans = () => exporter.getFinishedSpans();

  describe(`tracing on ${name}`, () => {
    beforeEach(async () => {
      database ??= await open();
      await database.clear();
      exporter.reset();
    });

    it("makes a PRODUCER span of the enqueue and a CONSUMER span of the run, in one trace", async () => {
      const queue = start();
      const { id } = await queue.enqueue(work, {});
      await queue.drain();
      const [sent, processed] = spans();
      expect(sent).toMatchObject({
        name: "send mail.send",
        kind: SpanKind.PRODUCER,
        attributes: {
          "messaging.system": "omniq",
          "messaging.operation.type": "send",
          "messaging.destination.name": "mail",
          "messaging.message.id": id,
          "omniq.task.duplicate": false,
        },
      });
      expect(processed).toMatchObject({
        name: "process mail.send",
        kind: SpanKind.CONSUMER,
        status: { code: SpanStatusCode.UNSET },
        attributes: { "messaging.message.id": id, "omniq.task.attempt": 1 },
      });
      expect(processed?.spanContext().traceId).toBe(sent?.spanContext().traceId);
      expect(processed?.parentSpanContext?.spanId).toBe(sent?.spanContext().spanId);
    });

    it("links the run to the enqueue instead, where it is told to", async () => {
      const queue = start({ relation: "link" });
      await queue.enqueue(work, {});
      await queue.drain();
      const [sent, processed] = spans();
      expect(processed?.parentSpanContext).toBeUndefined();
      expect(processed?.spanContext().traceId).not.toBe(sent?.spanContext().traceId);
      expect(processed?.links.map(({ context }) => context.spanId)).toEqual([sent?.spanContext().spanId]);
    });

    it("records what a handler throws, and sets the status", async () => {
      const queue = start();
      await queue.enqueue(work, { how: "fail" });
      await queue.drain();
      expect(spans()[1]).toMatchObject({
        status: { code: SpanStatusCode.ERROR, message: "no such address" },
        attributes: { "error.type": "RangeError" },
        events: [{ name: "exception" }],
      });
    });

    it("takes a snooze for no error", async () => {
      const queue = start();
      await queue.enqueue(work, { how: "snooze" });
      await queue.drain();
      expect(spans()[1]).toMatchObject({
        status: { code: SpanStatusCode.UNSET },
        events: [{ name: "snoozed" }],
      });
    });

    it("records what an enqueue throws", async () => {
      await expect(start().enqueue(work, {}, { priority: 11 })).rejects.toThrow("priority");
      expect(spans()).toMatchObject([{ kind: SpanKind.PRODUCER, status: { code: SpanStatusCode.ERROR } }]);
    });

    it("stores the headers with the task, and none where there are none", async () => {
      await start().enqueue(work, {});
      await start({ propagator: { ...propagator, inject: () => {} } }).enqueue(work, {});
      const rows = await database?.sql("SELECT trace FROM tasks ORDER BY id");
      expect(rows).toEqual([{ trace: expect.stringContaining('{"traceparent":"00-') }, { trace: null }]);
    });

    it("enqueues without the headers that are too long or no text, and with the others", async () => {
      for (const baggage of ["x".repeat(5_000), "\ud800"]) {
        const inject: TextMapPropagator["inject"] = (sent, carrier, setter = defaultTextMapSetter) => {
          setter.set(carrier, "baggage", baggage);
          propagator.inject(sent, carrier, setter);
        };
        const { id } = await start({ propagator: { ...propagator, inject } }).enqueue(work, {});
        const [row] = (await database?.sql("SELECT trace FROM tasks WHERE id = ?1", id)) ?? [];
        expect(Object.keys(JSON.parse(String(row?.trace)))).toEqual(["traceparent"]);
      }
    });

    it("hands on what a handler throws as it is, though it has no text", async () => {
      const asked: unknown[] = [];
      const thrown: unknown = Object.create(null);
      const odd = defineTask("mail.odd", {
        maxRetries: 0,
        retryIf: (error) => asked.push(error) === 0,
        run: () => {
          throw thrown;
        },
      });
      if (database === undefined) throw new Error("the database is opened before each test");
      const middleware = [tracing({ tracer, propagator })];
      const queue = createQueue({ storage: database.storage(), tasks: [odd], middleware });
      await queue.enqueue(odd, {});
      await queue.drain();
      expect(asked[0]).toBe(thrown);
    });
  });
}
