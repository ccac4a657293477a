import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type * as Scope from "effect/Scope"
import type { Message } from "../../Message.ts"
import type * as Plan from "../../Plan.ts"
import type * as Receipt from "../../Receipt.ts"
import { optionsOf } from "../base/options.ts"
import { written } from "../base/slab.ts"
import { MessageShapes } from "../event/messageShape.ts"
import { implOf } from "../event/plan.ts"
import { Aside } from "./backlog.ts"
import type { Prepared } from "./batch.ts"
import { lacking, noConsent } from "./consent.ts"
import type { Deliverable, EventSink, OpenSink } from "./model.ts"
import { batchesOf, openAll, prepared, redacted } from "./open.ts"
import { isOutcome } from "./prepare.ts"

/** Sends messages through a sink without a buffer, and returns their receipts in order. */
export const through: (
  to: OpenSink,
  deliverables: ReadonlyArray<Deliverable>
) => Effect.Effect<ReadonlyArray<Receipt.Receipt>, never, any> = Effect.fnUntraced(function* (to, deliverables) {
  const { name, purposes } = to.sink
  const going: Array<Prepared> = []
  const now = yield* Clock.currentTimeMillis
  const given = deliverables.map((one) => redacted(to, one))
  const ready = given.map((one) => {
    const missing = lacking(one.purposes, one) ?? lacking(purposes, one)
    if (missing !== undefined) return noConsent(missing)
    const message = prepared(to, one)
    if (isOutcome(message)) return message
    const encoded = to.sink.encode?.(message, now)
    if (typeof encoded === "object") return encoded
    going.push({ given: one, message, encoded: typeof encoded === "string" ? written(encoded).lasting : undefined })
    return message
  })
  const sent = (yield* Effect.forEach(batchesOf(to.sink, going), (batch) => to.send(batch))).flat().values()
  const at = yield* Clock.currentTimeMillis
  const receipts = given.map(({ message: { messageId } }, index) => {
    const one = ready[index]!
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

export const deliver = <E, R>(
  self: EventSink<E, R>,
  messages: ReadonlyArray<Message>,
  options: { readonly plan?: Plan.Plan | undefined; readonly consent?: ReadonlySet<string> | "all" | undefined } = {}
): Effect.Effect<ReadonlyArray<Receipt.Receipt>, E, R | Scope.Scope> => {
  const { consent = "all", plan } = optionsOf("EventSink.deliver", options, { plan: true, consent: true })
  return Effect.flatMap(openAll(self, plan), (sinks) => {
    const shapes = new MessageShapes(plan && implOf(plan))
    const given = messages.map((message) => ({
      message,
      purposes: [],
      consent,
      shape: shapes.of(message),
      violations: []
    }))
    return Effect.map(
      Effect.forEach(sinks, (sink) => through(sink, given), { concurrency: "unbounded" }),
      (receipts) => receipts.flat()
    )
  })
}
