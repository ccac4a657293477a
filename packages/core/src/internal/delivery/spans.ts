import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Tracer from "effect/Tracer"
import type { Message } from "../../Message.ts"

/** What OpenTelemetry keeps of the events and links of a span unless told otherwise ("Trace SDK", "Span Limits"). */
const most = 128

/** How many messages have been told to a span: one that lasts as long as its service makes any number. */
const told = new WeakMap<Tracer.Span, number>()

/** The fields of a message's context that tell the span it was tracked in. */
export interface TraceIds {
  readonly traceId: string
  readonly spanId: string
}

const spanOf = (context: Context.Context<never>): Tracer.AnySpan | undefined =>
  Context.getOrUndefined(context as Context.Context<Tracer.ParentSpan>, Tracer.ParentSpan)

/** The trace that a message is made in, where it is one that is kept. */
export const traceOf = (context: Context.Context<never>): TraceIds | undefined => {
  const span = spanOf(context)
  return span?.sampled === true ? { traceId: span.traceId, spanId: span.spanId } : undefined
}

/** Has a span name a message that is made in it. */
export const tell = (context: Context.Context<never>, message: Message): void => {
  const span = spanOf(context)
  if (span?._tag !== "Span" || !span.sampled) return
  const count = told.get(span) ?? 0
  if (count === most) return
  told.set(span, count + 1)
  span.event("trackmap.tracked", Context.get(context, Clock.Clock).currentTimeNanosUnsafe(), {
    "trackmap.message_id": message.messageId,
    "trackmap.type": message.type,
    ...(message.type === "track" ? { "trackmap.event": message.event } : undefined)
  })
}

/** What the ids of a trace and of a span are (W3C, "Trace Context", section 3.2.2). */
const isTraceId = (id: unknown): id is string => typeof id === "string" && /^(?!0+$)[0-9a-f]{32}$/.test(id)
const isSpanId = (id: unknown): id is string => typeof id === "string" && /^(?!0+$)[0-9a-f]{16}$/.test(id)

/**
 * Links to the spans that the messages of a batch were tracked in, each once. A service may have ids of another kind in its messages'
 * context: a collector would refuse a link to them, and all that comes with it.
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
