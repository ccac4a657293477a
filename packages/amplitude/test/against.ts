import { EventSink, HttpTransport, Message, type Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { AmplitudeServer, type Fault } from "../../testing/src/index.ts"
import { Amplitude } from "../src/index.ts"

export const timestamp = "2026-01-01T00:00:00.000Z"
export const time = Date.parse(timestamp)
export const apiKey = "a-secret-api-key"

const common = { messageId: "m0", timestamp, userId: "user-1" }

export const track = (more?: Partial<Message.Track>): Message.Track => ({
  type: "track",
  event: "orderPlaced",
  properties: { Order_id: 357 },
  ...common,
  ...more
})
export const identify = (more?: Partial<Message.Identify>): Message.Identify => ({
  type: "identify",
  traits: { plan: "pro" },
  ...common,
  ...more
})
export const group = (more?: Partial<Message.Group>): Message.Group => ({
  type: "group",
  groupId: "acme",
  traits: { seats: 3 },
  ...common,
  ...more
})
export const tracks = (count: number, more?: (index: number) => Partial<Message.Track>) =>
  Array.from({ length: count }, (_, index) => track({ messageId: `m${index}`, ...more?.(index) }))

export const outcomesOf = (receipts: ReadonlyArray<Receipt.Receipt>) => receipts.map(({ outcome }) => outcome._tag)
export const reasonsOf = (receipts: ReadonlyArray<Receipt.Receipt>) =>
  receipts.map(({ outcome }) => ("reason" in outcome ? outcome.reason : ""))
export const idsOf = (events: ReadonlyArray<AmplitudeServer.Event>) => events.map(({ insert_id }) => insert_id)

export interface Given {
  readonly server?: AmplitudeServer.Options | undefined
  readonly misbehave?: Fault.Plan | undefined
  readonly options?: Partial<Amplitude.Options> | undefined
}

/** A server, and what became of messages that were sent to it. */
export const against = Effect.fnUntraced(function* (messages: ReadonlyArray<Message.Message>, given: Given = {}) {
  const server = yield* AmplitudeServer.make({ apiKey, ...given.server })
  yield* server.misbehave(given.misbehave ?? [])
  const options = { apiKey: Redacted.make(apiKey), endpoint: server.url, ...given.options }
  const receipts = yield* EventSink.deliver(Amplitude.sink(options), messages)
  return {
    server,
    receipts,
    outcomes: outcomesOf(receipts),
    reasons: reasonsOf(receipts),
    events: yield* server.events,
    raw: yield* server.raw,
    users: yield* server.users,
    groups: yield* server.groups,
    rejected: yield* server.rejected,
    requests: yield* server.requests
  }
}, Effect.provide(HttpTransport.layerFetch))
