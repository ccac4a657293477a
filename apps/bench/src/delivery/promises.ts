/** The promise face, as in a service without Effect. By default, it uses the transport of its platform. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Actor, EventSink, Redacted, Tracking } from "@trackmap/node"
import { Segment } from "@trackmap/segment"
import { OrderLineUpdated, plan } from "./event.ts"
import { lineOf, userId } from "./example.ts"
import { inTurns, type Sender } from "./Sender.ts"

const services = { platform: undefined, undici: NodeHttpClient.layerUndici }

const properties = { action: "orderLineUpdated" } as const

/** Awaits each call, as a request handler does. The batches are the sink's, or have `messages` messages. */
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

/** Flushes after every `atOnce` events. */
export const inTurnsOf =
  (atOnce: number, client: keyof typeof services) =>
  (endpoint: string): Sender => {
    const { send } = segment(client)(endpoint)
    return { send: (from, count) => inTurns(from, count, atOnce, (next, to) => send(next, to - next)) }
  }
