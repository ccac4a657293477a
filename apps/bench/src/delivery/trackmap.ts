import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Amplitude } from "@trackmap/amplitude"
import { Actor, EventSink, HttpTransport, Tracker } from "@trackmap/core"
import { HttpTransport as NodeTransport } from "@trackmap/node"
import { Mixpanel } from "@trackmap/mixpanel"
import { PostHog } from "@trackmap/posthog"
import { Segment } from "@trackmap/segment"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import { OrderLineUpdated, plan } from "./event.ts"
import { lineOf, userId } from "./example.ts"
import { inTurns, type Sender } from "./Sender.ts"

const clients = {
  undici: NodeHttpClient.layerUndici,
  nodeHttp: NodeHttpClient.layerNodeHttp,
  fetch: NodeHttpClient.layerFetch
}

/** Our transport on node:http, and Effect's clients. */
const transports = {
  node: NodeTransport.layerNodeHttp(),
  ...Record.map(clients, (client) => Layer.provide(HttpTransport.layerHttpClient, client))
}

const properties = { action: "orderLineUpdated" } as const

const track = Effect.fnUntraced(function* (from: number, count: number) {
  for (let i = from; i < from + count; i++) {
    yield* Tracker.track(OrderLineUpdated, { orderLine: lineOf(i), properties })
  }
  yield* Tracker.flushWithin(Infinity)
}, Actor.as({ userId }))

const tracked = <E>(
  sink: EventSink.EventSink<E, HttpTransport.HttpTransport>,
  client: keyof typeof transports,
  messages?: number
): Sender => {
  const batched = messages === undefined ? sink : EventSink.batched(sink, { messages })
  const runtime = ManagedRuntime.make(Tracker.layer(batched, { plan }).pipe(Layer.provide(transports[client])))
  return { send: (from, count) => runtime.runPromise(track(from, count)) }
}

/** The batches are the sink's, or have `messages` messages. */
export const segment =
  (client: keyof typeof transports, messages?: number) =>
  (endpoint: string): Sender =>
    tracked(Segment.sink({ writeKey: Redacted.make("write-key"), endpoint }), client, messages)

export const mixpanel =
  (client: keyof typeof transports, messages?: number) =>
  (endpoint: string): Sender =>
    tracked(Mixpanel.sink({ token: Redacted.make("project-token"), endpoint, gzip: false }), client, messages)

export const posthog =
  (messages?: number) =>
  (endpoint: string): Sender =>
    tracked(PostHog.sink({ projectKey: Redacted.make("project-key"), endpoint, gzip: false }), "node", messages)

export const amplitude =
  (messages?: number) =>
  (endpoint: string): Sender =>
    tracked(Amplitude.sink({ apiKey: Redacted.make("api-key"), endpoint }), "node", messages)

/** The batches are the sink's. Flushes after every `atOnce` events. */
export const inTurnsOf =
  (atOnce: number) =>
  (endpoint: string): Sender => {
    const { send } = segment("undici")(endpoint)
    return { send: (from, count) => inTurns(from, count, atOnce, (next, to) => send(next, to - next)) }
  }
