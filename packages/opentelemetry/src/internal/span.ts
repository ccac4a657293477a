import * as Otel from "@opentelemetry/api"
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import type * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"
import { attributeOf, attributesOf, timeOf } from "./attributes.ts"

const kinds: Readonly<Record<Tracer.SpanKind, Otel.SpanKind>> = {
  internal: Otel.SpanKind.INTERNAL,
  client: Otel.SpanKind.CLIENT,
  server: Otel.SpanKind.SERVER,
  producer: Otel.SpanKind.PRODUCER,
  consumer: Otel.SpanKind.CONSUMER
}

const spanContextOf = (span: Tracer.AnySpan): Otel.SpanContext => ({
  traceId: span.traceId,
  spanId: span.spanId,
  traceFlags: span.sampled ? Otel.TraceFlags.SAMPLED : Otel.TraceFlags.NONE,
  isRemote: span._tag === "ExternalSpan"
})

/** The active OpenTelemetry context, within a span. */
export const contextWithin = (span: Tracer.AnySpan): Otel.Context => {
  const active = Otel.context.active()
  return span instanceof OtelSpan
    ? Otel.trace.setSpan(active, span.span)
    : Otel.trace.setSpanContext(active, spanContextOf(span))
}

/**
 * An Effect span that is OpenTelemetry's. A success leaves its status unset, since OpenTelemetry reserves `Ok` for the service's own code
 * ("Trace API", "Set Status").
 */
export class OtelSpan implements Tracer.Span {
  readonly _tag = "Span"
  readonly name: string
  readonly spanId: string
  readonly traceId: string
  readonly sampled: boolean
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly annotations: Context.Context<never>
  readonly attributes = new Map<string, unknown>()
  readonly links: Array<Tracer.SpanLink>
  readonly kind: Tracer.SpanKind
  readonly span: Otel.Span
  status: Tracer.SpanStatus

  constructor(tracer: Otel.Tracer, options: Parameters<Tracer.Tracer["span"]>[0]) {
    const { annotations, kind, links, name, parent, root, startTime } = options
    this.name = name
    this.annotations = annotations
    this.kind = kind
    this.links = links
    this.parent = root ? Option.none() : parent
    this.status = { _tag: "Started", startTime }
    this.span = tracer.startSpan(
      name,
      {
        startTime: timeOf(startTime),
        kind: kinds[kind],
        links: links.map(({ attributes, span }) => ({
          context: spanContextOf(span),
          attributes: attributesOf(attributes)
        }))
      },
      Option.match(this.parent, {
        onNone: () => Otel.trace.deleteSpan(Otel.context.active()),
        onSome: contextWithin
      })
    )
    const { spanId, traceFlags, traceId } = this.span.spanContext()
    this.spanId = spanId
    this.traceId = traceId
    this.sampled = (traceFlags & Otel.TraceFlags.SAMPLED) !== 0
  }

  attribute(key: string, value: unknown): void {
    this.span.setAttribute(key, attributeOf(value))
    this.attributes.set(key, value)
  }

  event(name: string, time: bigint, attributes: Readonly<Record<string, unknown>> = {}): void {
    this.span.addEvent(name, attributesOf(attributes), timeOf(time))
  }

  addLinks(links: ReadonlyArray<Tracer.SpanLink>): void {
    this.links.push(...links)
    for (const { attributes, span } of links) {
      this.span.addLink({ context: spanContextOf(span), attributes: attributesOf(attributes) })
    }
  }

  end(endTime: bigint, exit: Exit.Exit<unknown, unknown>): void {
    const { startTime } = this.status
    this.status = { _tag: "Ended", startTime, endTime, exit }
    if (exit._tag === "Failure") this.#fail(exit.cause, endTime)
    this.span.end(timeOf(endTime))
  }

  /** An interruption is no failure. Another cause is the error's message, and its type unless the span has one. */
  #fail(cause: Cause.Cause<unknown>, time: bigint): void {
    if (Cause.hasInterruptsOnly(cause)) return
    const [error] = Cause.prettyErrors(cause)
    const { message, name } = error!
    if (!this.attributes.has("error.type")) this.attribute("error.type", name)
    this.span.recordException(
      { name, message, ...(error!.stack !== undefined && { stack: error!.stack }) },
      timeOf(time)
    )
    this.span.setStatus({ code: Otel.SpanStatusCode.ERROR, message })
  }
}
