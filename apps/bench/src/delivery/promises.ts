/** The promise face, as a service without Effect has it. */
import { Actor, EventSink, Redacted, Tracking } from "@trackmap/node"
import { Segment } from "@trackmap/segment"
import { OrderLineUpdated, plan } from "./event.ts"
import { lineOf, userId } from "./example.ts"
import { inTurns, type Sender } from "./Sender.ts"

const properties = { action: "orderLineUpdated" } as const

/** Each call is awaited, as a request handler does; in batches as the sink has it, or of so many messages. */
export const segment =
  (messages?: number) =>
  (endpoint: string): Sender => {
    const sink = Segment.sink({ writeKey: Redacted.make("write-key"), endpoint })
    const tracking = Tracking.make({
      plan,
      sinks: messages === undefined ? sink : EventSink.batched(sink, { messages }),
      flushAtExit: false
    })
    return {
      send: (from, count) =>
        Actor.run({ userId }, async () => {
          for (let i = from; i < from + count; i++) {
            await tracking.track(OrderLineUpdated, { orderLine: lineOf(i), properties })
          }
          await tracking.flush()
        })
    }
  }

/** Flushed whenever so many are tracked. */
export const inTurnsOf =
  (atOnce: number) =>
  (endpoint: string): Sender => {
    const { send } = segment()(endpoint)
    return { send: (from, count) => inTurns(from, count, atOnce, (next, to) => send(next, to - next)) }
  }
