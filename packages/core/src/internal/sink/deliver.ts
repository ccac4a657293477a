import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type * as Scope from "effect/Scope"
import type { Message } from "../../Message.ts"
import type * as Plan from "../../Plan.ts"
import type * as Receipt from "../../Receipt.ts"
import { type Names, optionsOf } from "../base/options.ts"
import { written } from "../base/slab.ts"
import { MessageShapes } from "../event/messageShape.ts"
import { implOf } from "../event/plan.ts"
import { Aside } from "./backlog.ts"
import type { Prepared } from "./batch.ts"
import { lacking, noConsent } from "./consent.ts"
import { isOutcome } from "./known.ts"
import type { Deliverable, EventSink, OpenSink, RedactedMessage } from "./model.ts"
import { batchesOf, openAll, prepared, redacted } from "./open.ts"

/** A redacted message as a sink sends it, or its outcome if the sink does not send it. */
export const ready = (to: OpenSink, one: RedactedMessage, now: number): Prepared | Receipt.Outcome => {
  const missing = lacking(one.purposes, one) ?? lacking(to.sink.purposes, one)
  if (missing !== undefined) return noConsent(missing)
  const message = prepared(to, one)
  if (isOutcome(message)) return message
  const encoded = to.sink.encode?.(message, now)
  if (typeof encoded === "object") return encoded
  return { given: one, message, encoded: typeof encoded === "string" ? written(encoded).lasting : undefined }
}

/** Sends messages through a sink without a buffer, and returns their receipts in order. */
export const through: (
  to: OpenSink,
  deliverables: ReadonlyArray<Deliverable>
) => Effect.Effect<ReadonlyArray<Receipt.Receipt>, never, any> = Effect.fnUntraced(function* (to, deliverables) {
  const { name } = to.sink
  const now = yield* Clock.currentTimeMillis
  const given = deliverables.map((one) => redacted(to, one))
  const all = given.map((one) => ready(to, one, now))
  const going = all.filter((one): one is Prepared => !isOutcome(one))
  const sent = (yield* Effect.forEach(batchesOf(to.sink, going), (batch) => to.send(batch))).flat().values()
  const at = yield* Clock.currentTimeMillis
  const receipts = given.map(({ message: { messageId } }, index) => {
    const one = all[index]!
    const { attempts, outcome } = isOutcome(one) ? { attempts: 0, outcome: one } : sent.next().value!
    return { messageId, sink: name, outcome, attempts, at }
  })
  const { pending, settle } = to.open
  if (settle === undefined) return receipts
  const aside = yield* Aside
  if (aside !== undefined) return settle(given, receipts, aside)
  const left: Array<Effect.Effect<void, never, any>> = []
  const leave: Aside = (work) => void left.push(work)
  const settled = settle(given, receipts, leave)
  for (const work of pending) work.hurry("flush", leave)
  yield* Effect.forEach(left, identity, { concurrency: "unbounded", discard: true })
  return settled
})

/** What messages without a tracker need to be known for. */
export interface Given {
  readonly plan?: Plan.Plan | undefined
  readonly consent?: ReadonlySet<string> | "all" | undefined
}

export const givenNames: Names<Given> = { plan: true, consent: true }

/** Messages without a tracker, as sinks take them. */
export const deliverables = (
  messages: ReadonlyArray<Message>,
  { consent = "all", plan }: Given
): ReadonlyArray<Deliverable> => {
  const shapes = new MessageShapes(plan && implOf(plan))
  return messages.map((message) => ({ message, purposes: [], consent, shape: shapes.of(message), violations: [] }))
}

export const deliver = <E, R>(
  self: EventSink<E, R>,
  messages: ReadonlyArray<Message>,
  options: Given = {}
): Effect.Effect<ReadonlyArray<Receipt.Receipt>, E, R | Scope.Scope> => {
  optionsOf("EventSink.deliver", options, givenNames)
  return Effect.flatMap(openAll(self, options.plan), (sinks) => {
    const given = deliverables(messages, options)
    return Effect.map(
      Effect.forEach(sinks, (sink) => through(sink, given), { concurrency: "unbounded" }),
      (receipts) => receipts.flat()
    )
  })
}
