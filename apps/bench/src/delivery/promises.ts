/** The promise face, as a service without Effect has it: on the transport of its platform, unless it is given another client. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Actor, EventSink, Redacted, Tracking } from "@trackmap/node"
import { Segment } from "@trackmap/segment"
import { OrderLineUpdated, plan } from "./event.ts"
import { lineOf, userId } from "./example.ts"
import { inTurns, type Sender } from "./Sender.ts"

const services = { platform: undefined, undici: NodeHttpClient.layerUndici }

const properties = { action: "orderLineUpdated" } as const

/** Each call is awaited, as a request handler does; in batches as the sink has it, or of so many messages. */
export const segment =
  (client: keyof typeof services, messages?: number) =>
  (endpoint: string): Sender => {
    const sink = Segment.sink({ writeKey: Redacted.make("write-key"), endpoint })
    const tracking = Tracking.make({
      plan,
      sinks: messages === undefined ? sink : EventSink.batched(sink, { messages }),
      services: services[client],
      flushAtExit: false
    })
    return {
      send: (from, count) =>
        Actor.run({ userId }, async () => {
          for (let i = from; i < from + count; i++) {
            await tracking.track(OrderLineUpdated, { orderLine: lineOf(i), properties })
          }
          await tracking.flush({ within: Infinity })
        })
    }
  }

/** Flushed whenever so many are tracked. */
export const inTurnsOf =
  (atOnce: number, client: keyof typeof services) =>
  (endpoint: string): Sender => {
    const { send } = segment(client)(endpoint)
    return { send: (from, count) => inTurns(from, count, atOnce, (next, to) => send(next, to - next)) }
  }
