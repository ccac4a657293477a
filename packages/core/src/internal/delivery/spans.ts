import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Tracer from "effect/Tracer"
import type { Message } from "../../Message.ts"
import { isLost, type Outcome } from "../../Receipt.ts"
import { tally } from "./outcomes.ts"

/** How many events and links of a span OpenTelemetry keeps by default ("Trace SDK", "Span Limits"). */
const most = 128

/** The number of events of each span. Without a limit, a span that lasts as long as the service would collect them forever. */
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
 * Links to the spans of a batch's messages, without duplicates. Skips malformed ids, which a service may put into its messages' context:
 * a collector would refuse the whole export.
 */
const linksOf = (messages: ReadonlyArray<Linked>): ReadonlyArray<Tracer.SpanLink> => {
  const links = new Map<string, Tracer.SpanLink>()
  for (const { accepted } of messages)
    if (accepted.span !== undefined && links.size < most) addLink(links, accepted.span)
  return [...links.values()]
}

const addLink = (links: Map<string, Tracer.SpanLink>, span: SpanContext): void => {
  if (!links.has(span.spanId)) links.set(span.spanId, { span: Tracer.externalSpan(span), attributes: {} })
}

/** A message with the span that tracked it. */
interface Linked {
  readonly accepted: { readonly span: SpanContext | undefined }
}

/** The span that a message's context identifies, if the ids are well-formed. */
export const ofMessage = ({ context }: Message): SpanContext | undefined =>
  context?.["spanId"] === undefined ? undefined : spanIn(context)

const spanIn = ({ spanId, traceId }: NonNullable<Message["context"]>): SpanContext | undefined =>
  isSpanId(spanId) && isTraceId(traceId) ? { traceId, spanId } : undefined

/** Some messages of a batch did not arrive. Only the batch's span has this error, without a stack, since nothing was thrown. */
class MessagesLost {
  readonly name = "MessagesLost"
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

type Outcomes = ReadonlyArray<Outcome>

/** Records the outcomes of a batch in its span. */
const conclude = (span: Tracer.Span, messages: number, outcomes: Outcomes): Exit.Exit<void, MessagesLost> => {
  for (const [tag, count] of tally(outcomes)) span.attribute(`trackmap.batch.${tag.toLowerCase()}`, count)
  const lost = outcomes.filter(isLost)
  return lost.length === 0 ? Exit.void : Exit.fail(messagesLost(span, messages, lost))
}

/** `error.type` is the outcome of most of the lost messages. */
const messagesLost = (span: Tracer.Span, messages: number, lost: Outcomes): MessagesLost => {
  const counts = [...tally(lost)]
    .sort(([, a], [, b]) => b - a)
    .map(([tag, count]) => [tag.toLowerCase(), count] as const)
  span.attribute("error.type", counts[0]![0])
  const said = counts.map(([name, count]) => `${count} ${name}`).join(", ")
  return new MessagesLost(`${lost.length} of ${messages} messages were lost: ${said}`)
}

/** Sends a batch in its span. `outcomes` returns the outcomes known at the end, even if sending was interrupted. */
export const ofBatch = <A, E, R>(
  send: Effect.Effect<A, E, R>,
  sink: string,
  messages: ReadonlyArray<Linked>,
  outcomes: () => Outcomes
): Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>> =>
  Effect.flatMap(
    Effect.makeSpan("Tracker.send", {
      root: true,
      links: linksOf(messages),
      attributes: { "trackmap.sink": sink, "trackmap.batch.messages": messages.length }
    }),
    (span) =>
      Effect.onExit(Effect.withParentSpan(send, span, { captureStackTrace: false }), () =>
        Effect.clockWith((clock) =>
          Effect.sync(() => span.end(clock.currentTimeNanosUnsafe(), conclude(span, messages.length, outcomes())))
        )
      )
  )
