import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Message } from "../../Message.ts"
import type * as Plan from "../../Plan.ts"
import type * as Receipt from "../../Receipt.ts"
import { lacking, noConsent } from "./consent.ts"
import type { Circumstances, EventSink, OpenSink } from "./model.ts"
import { batchesOf, openAll, prepareFor } from "./open.ts"
import { isOutcome } from "./prepare.ts"

/** Sends messages through a sink without a buffer, and returns their receipts in order. */
export const through: (
  to: OpenSink,
  messages: ReadonlyArray<Message>,
  circumstances: Circumstances
) => Effect.Effect<ReadonlyArray<Receipt.Receipt>, never, any> = Effect.fnUntraced(
  function* (to, messages, circumstances) {
    const missing = lacking(to.sink.purposes, circumstances)
    const prepared =
      missing === undefined
        ? yield* Effect.forEach(messages, (message) => prepareFor(to, message))
        : messages.map(() => noConsent(missing))
    const going = prepared.filter((one): one is Message => !isOutcome(one))
    const sent = (yield* Effect.forEach(batchesOf(to.sink.limits, going), (batch) => to.send(batch))).flat().values()
    const at = yield* Clock.currentTimeMillis
    const receipts = messages.map(({ messageId }, index) => {
      const one = prepared[index]!
      const { attempts, outcome } = isOutcome(one) ? { attempts: 0, outcome: one } : sent.next().value!
      return { messageId, sink: to.sink.name, outcome, attempts, at }
    })
    return to.open.settle === undefined ? receipts : yield* to.open.settle(messages, receipts)
  }
)

export const deliver = <E, R>(
  self: EventSink<E, R>,
  messages: ReadonlyArray<Message>,
  options: { readonly plan?: Plan.Plan | undefined; readonly consent?: ReadonlySet<string> | "all" | undefined } = {}
): Effect.Effect<ReadonlyArray<Receipt.Receipt>, E, R | Scope.Scope> =>
  Effect.flatMap(openAll(self, options.plan), (sinks) =>
    Effect.map(
      Effect.forEach(sinks, (sink) => through(sink, messages, { consent: options.consent ?? "all" }), {
        concurrency: "unbounded"
      }),
      (receipts) => receipts.flat()
    )
  )
