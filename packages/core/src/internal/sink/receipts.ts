import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import type { Message } from "../../Message.ts"
import * as Receipt from "../../Receipt.ts"
import { nameOf } from "../base/fault.ts"
import { functionOf } from "../base/options.ts"
import * as userFunction from "../base/userFunction.ts"
import { Backlog } from "./backlog.ts"
import { isOutcome } from "./known.ts"
import { failedIn } from "./failed.ts"
import { LossLog } from "./lossLog.ts"
import type { EventSink } from "./model.ts"
import { opened, settled } from "./sink.ts"

interface Seen {
  readonly message: Message
  readonly receipt: Receipt.Receipt
}

/** The maximum number of messages that wait for a slow tap. */
const capacity = 10_000
/** The time limit of one call of a tap, in milliseconds. */
const within = 10_000

const missed = {
  full: { outcome: Receipt.dropped("too many wait for it") },
  closed: { outcome: Receipt.dropped("the tracker is closed") }
}

export const tap = <E, R, R2 = never>(
  self: EventSink<E, R>,
  f: (message: Message, receipt: Receipt.Receipt) => Effect.Effect<unknown, never, R2> | PromiseLike<unknown> | void
): EventSink<E, R | R2> => {
  functionOf("EventSink.tap", "what is run for each message", f)
  return opened(self, (open, { name }) => {
    const losses = new LossLog(name, "message", "not given to tap")
    const late = Effect.logWarning(`${name}: tap did not answer within ${within} ms`)
    const call = ({ message, receipt }: Seen): Effect.Effect<unknown, never, R2> =>
      Effect.suspend(() => {
        const answer = userFunction.from(f(message, receipt), identity)
        // Most taps answer at once.
        if (Exit.isExit(answer)) return answer
        return Effect.timeoutOrElse(answer, { duration: within, orElse: () => late })
      }).pipe(
        Effect.catchCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.interrupt : failedIn(name, "tap", cause)))
      )
    const backlog = new Backlog<Seen>({
      capacity,
      age: 0,
      together: 1,
      bytes: Number.POSITIVE_INFINITY,
      bytesOf: () => 0,
      run: ([seen]) => Effect.asVoid(call(seen!)),
      missed: (all, why) =>
        Effect.flatMap(
          Clock.currentTimeMillis,
          (now) =>
            losses.add(
              all.map(() => missed[why]),
              (index) => all[index]!.message,
              now
            ) ?? Effect.void
        )
    })
    const next = settled(open, (given, receipts, aside) => {
      backlog.add(
        given.map(({ message }, index) => ({ message, receipt: receipts[index]! })),
        aside
      )
      return receipts
    })
    return { ...next, pending: [...open.pending, backlog] }
  })
}

export const mapReceipt = <E, R>(
  self: EventSink<E, R>,
  f: (receipt: Receipt.Receipt, message: Message) => Receipt.Receipt
): EventSink<E, R> => {
  functionOf("EventSink.mapReceipt", "what changes a receipt", f)
  return opened(self, (open, { name }) =>
    settled(open, (given, receipts, aside) =>
      receipts.map((receipt, index) => {
        const { messageId, sink } = receipt
        let why = "returned something that is not a receipt"
        try {
          const changed = f(receipt, given[index]!.message)
          if (userFunction.comesLater(changed)) why = "returned a promise or an Effect"
          else if (isOutcome(changed?.outcome)) return { ...changed, messageId, sink }
        } catch (thrown) {
          why = `threw ${nameOf(thrown)}`
        }
        aside(Effect.logWarning(`${name}: mapReceipt ${why}`))
        return receipt
      })
    )
  )
}
