import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type { Message } from "../../Message.ts"
import type * as Receipt from "../../Receipt.ts"
import { nameOf } from "../base/fault.ts"
import * as userFunction from "../base/userFunction.ts"
import type { EventSink } from "./model.ts"
import { opened, settled } from "./sink.ts"

export const tap = <E, R, R2 = never>(
  self: EventSink<E, R>,
  f: (message: Message, receipt: Receipt.Receipt) => Effect.Effect<unknown, never, R2> | PromiseLike<unknown> | void
): EventSink<E, R | R2> =>
  opened(self, (open, sink) =>
    settled(open, (given, receipts) =>
      Effect.as(
        Effect.forEach(
          given,
          ({ message }, index) =>
            Effect.catchCause(
              userFunction.ask(() => f(message, receipts[index]!), identity),
              (cause) => Effect.logWarning(`${sink.name}: tap failed`, cause)
            ),
          { discard: true }
        ),
        receipts
      )
    )
  )

export const mapReceipt = <E, R>(
  self: EventSink<E, R>,
  f: (receipt: Receipt.Receipt, message: Message) => Receipt.Receipt
): EventSink<E, R> =>
  opened(self, (open, sink) =>
    settled(open, (given, receipts) =>
      Effect.forEach(receipts, (receipt, index) =>
        Effect.try({ try: () => f(receipt, given[index]!.message), catch: nameOf }).pipe(
          Effect.map((changed) => ({ ...changed, messageId: receipt.messageId, sink: receipt.sink })),
          Effect.catch((thrown) => Effect.as(Effect.logWarning(`${sink.name}: mapReceipt threw ${thrown}`), receipt))
        )
      )
    )
  )
