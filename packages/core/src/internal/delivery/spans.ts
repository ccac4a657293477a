import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Tracer from "effect/Tracer"
import type { Message } from "../../Message.ts"

/** How many events and links OpenTelemetry keeps of a span by default ("Trace SDK", "Span Limits"). */
const most = 128

/** The number of events of a span: without a limit, a span as long as the service's life would collect them forever. */
const counts = new WeakMap<Tracer.Span, number>()

/** The fields of a message's context that identify its span, under OpenTelemetry's names. */
export interface SpanContext {
  readonly traceId: string
  readonly spanId: string
}

const spanOf = (context: Context.Context<never>): Tracer.AnySpan | undefined =>
  Context.getOrUndefined(context as Context.Context<Tracer.ParentSpan>, Tracer.ParentSpan)

/** The current span, if its trace is sampled. */
export const spanContextOf = (context: Context.Context<never>): SpanContext | undefined => {
  const span = spanOf(context)
  return span?.sampled === true ? { traceId: span.traceId, spanId: span.spanId } : undefined
}

/** Adds an event for a message to the current span. */
export const addEvent = (context: Context.Context<never>, message: Message): void => {
  const span = spanOf(context)
  if (span?._tag !== "Span" || !span.sampled) return
  const count = counts.get(span) ?? 0
  if (count === most) return
  counts.set(span, count + 1)
  span.event("trackmap.tracked", Context.get(context, Clock.Clock).currentTimeNanosUnsafe(), {
    "trackmap.message_id": message.messageId,
    "trackmap.type": message.type,
    ...(message.type === "track" ? { "trackmap.event": message.event } : undefined)
  })
}

/** The formats of trace and span ids (W3C, "Trace Context", section 3.2.2). */
const isTraceId = (id: unknown): id is string => typeof id === "string" && /^(?!0+$)[0-9a-f]{32}$/.test(id)
const isSpanId = (id: unknown): id is string => typeof id === "string" && /^(?!0+$)[0-9a-f]{16}$/.test(id)

/**
 * Links to the spans of a batch's messages, without duplicates. It skips ids of other formats, which a service may put into its messages'
 * context: a collector would refuse the link and the whole export.
 */
export const linksOf = (messages: ReadonlyArray<Message>): ReadonlyArray<Tracer.SpanLink> => {
  let links: Map<string, Tracer.SpanLink> | undefined
  for (const { context } of messages) {
    if (context === undefined) continue
    const { spanId, traceId } = context
    if (!isSpanId(spanId) || !isTraceId(traceId)) continue
    links ??= new Map()
    if (!links.has(spanId)) links.set(spanId, { span: Tracer.externalSpan({ spanId, traceId }), attributes: {} })
    if (links.size === most) break
  }
  return links === undefined ? [] : [...links.values()]
}
