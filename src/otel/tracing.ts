import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type TextMapPropagator,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { Aborted, Snooze } from "../core/control.ts";
import type { EnqueueCall, Middleware, RunCall } from "../core/middleware.ts";
import { parseTrace, type TraceHeaders } from "../core/trace.ts";

export interface TracingOptions {
  /** Makes the spans. Defaults to the one named `omniq` of the global provider. */
  readonly tracer?: Tracer;
  /** Carries the context from the enqueue to the run. Defaults to the global one; where none is registered, nothing is carried. */
  readonly propagator?: TextMapPropagator;
  /** Whether a run belongs to its enqueue's trace (`parent`), or has its own with a link to that (`link`). Defaults to `parent`. */
  readonly relation?: "parent" | "link";
}

/** What takes a context out of headers, and puts it in: a propagator, or the global one. */
type Carrier = Pick<TextMapPropagator, "inject" | "extract">;

/** The headers as the propagator reads and writes them. */
const setter = {
  set: (carrier: Record<string, string>, key: string, value: string) => {
    carrier[key] = value;
  },
};
const getter = {
  get: (carrier: Readonly<Record<string, string>>, key: string) => carrier[key],
  keys: (carrier: Readonly<Record<string, string>>) => Object.keys(carrier),
};

/**
 * Middleware that traces by OpenTelemetry: a PRODUCER span around each enqueue, a CONSUMER span around each run, and the headers
 * between them with the task. It needs `@opentelemetry/api`, and shows nothing until an SDK is registered.
 *
 * @param options see {@link TracingOptions}
 * @example createRunner({ storage, tasks, middleware: [tracing()] })
 */
export function tracing(options: TracingOptions = {}): Middleware {
  const { tracer = trace.getTracer("omniq"), propagator, relation = "parent" } = options;
  const carrier: Carrier = propagator ?? propagation;
  return {
    enqueue: (call, next) => {
      const started = { kind: SpanKind.PRODUCER, attributes: producerAttributes(call) };
      return inSpan(tracer, `send ${call.funcPath}`, started, context.active(), async (span) => {
        const injected: Record<string, string> = {};
        carrier.inject(trace.setSpan(context.active(), span), injected, setter);
        const headers = withStorable(call.options.trace, injected);
        const carries = Object.keys(headers).length > 0;
        const receipt = await next(
          carries ? { ...call, options: { ...call.options, trace: headers } } : call,
        );
        span.setAttributes({ "messaging.message.id": receipt.id, "omniq.task.duplicate": receipt.duplicate });
        return receipt;
      });
    },
    run: (call, next) => {
      const sent = carrier.extract(ROOT_CONTEXT, call.task.trace ?? {}, getter);
      const link = trace.getSpanContext(sent);
      const started: SpanOptions = {
        kind: SpanKind.CONSUMER,
        attributes: consumerAttributes(call),
        links: relation === "link" && link !== undefined ? [{ context: link }] : [],
      };
      const parent = relation === "parent" ? sent : ROOT_CONTEXT;
      return inSpan(tracer, `process ${call.task.funcPath}`, started, parent, () => next());
    },
  };
}

/**
 * What was given, and of what the propagator added that which can be stored with a task, in its order: a long baggage is not to
 * cost the enqueue.
 */
function withStorable(given: TraceHeaders = {}, injected: TraceHeaders): TraceHeaders {
  let headers = given;
  for (const [name, value] of Object.entries(injected)) {
    const more = { ...headers, [name]: value };
    if (isStorable(more)) headers = more;
  }
  return headers;
}

function isStorable(headers: TraceHeaders): boolean {
  try {
    parseTrace(headers);
    return true;
  } catch {
    return false;
  }
}

async function inSpan<T>(
  tracer: Tracer,
  name: string,
  options: SpanOptions,
  parent: typeof ROOT_CONTEXT,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const span = tracer.startSpan(name, options, parent);
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span));
  } catch (error) {
    note(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** A snooze is no failure, nor is a stop of the worker. */
function note(span: Span, error: unknown): void {
  if (error instanceof Snooze || error instanceof Aborted) {
    span.addEvent(error instanceof Snooze ? "snoozed" : "aborted");
    return;
  }
  const { name, message } = error instanceof Error ? error : { name: "Error", message: textOf(error) };
  span.recordException({ name, message, stack: error instanceof Error ? error.stack : undefined });
  span.setAttribute("error.type", name);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** Anything can be thrown, what has no text too; the handler's own error is to go on. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return typeof thrown;
  }
}

/** https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
function producerAttributes({ funcPath, queue }: EnqueueCall): Attributes {
  return { ...attributes("send", queue), "omniq.task.func_path": funcPath };
}

function consumerAttributes({ task }: RunCall): Attributes {
  return {
    ...attributes("process", task.queue),
    "messaging.message.id": task.id,
    "omniq.task.func_path": task.funcPath,
    "omniq.task.attempt": task.attempts,
  };
}

function attributes(operation: "send" | "process", queue: string): Attributes {
  return {
    "messaging.system": "omniq",
    "messaging.operation.name": operation,
    "messaging.operation.type": operation,
    "messaging.destination.name": queue,
  };
}
