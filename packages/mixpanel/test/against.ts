import { EventSink, HttpTransport, type Message, type Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Fault, MixpanelServer } from "../../testing/src/index.ts"
import { Mixpanel } from "../src/index.ts"

export const timestamp = "2026-01-01T00:00:00.000Z"
export const time = Date.parse(timestamp)
export const token = "a-secret-project-token"

export const track = (messageId: string, more?: Partial<Message.Track>): Message.Track => ({
  type: "track",
  event: "orderPlaced",
  properties: { Order_id: 357 },
  userId: "user-1",
  messageId,
  timestamp,
  ...more
})
export const identify = (messageId: string, more?: Partial<Message.Identify>): Message.Identify => ({
  type: "identify",
  traits: { plan: "pro" },
  userId: "user-1",
  messageId,
  timestamp,
  ...more
})
export const group = (messageId: string, more?: Partial<Message.Group>): Message.Group => ({
  type: "group",
  groupId: "group-1",
  traits: { seats: 3 },
  userId: "user-1",
  messageId,
  timestamp,
  ...more
})
export const tracks = (count: number) => Array.from({ length: count }, (_, index) => track(`m${index}`))

export const idsOf = (messages: ReadonlyArray<{ readonly messageId: string }>) =>
  messages.map(({ messageId }) => messageId)
export const outcomesOf = (receipts: ReadonlyArray<Receipt.Receipt>) => receipts.map(({ outcome }) => outcome._tag)
export const reasonsOf = (receipts: ReadonlyArray<Receipt.Receipt>) =>
  receipts.map(({ outcome }) => ("reason" in outcome ? outcome.reason : ""))

export const options = (endpoint: string, more?: Partial<Mixpanel.Options>): Mixpanel.Options => ({
  token: Redacted.make(token),
  endpoint,
  ...more
})
export const fetched = Effect.provide(HttpTransport.layerFetch)

const insertIds = (events: ReadonlyArray<MixpanelServer.Event>) =>
  events.map(({ properties }) => String(properties["$insert_id"]))

/** A server, and what became of messages that were sent to it while it misbehaved. */
export const against = Effect.fnUntraced(function* (
  plan: Fault.Plan,
  messages: ReadonlyArray<Message.Message>,
  more?: Partial<Mixpanel.Options>
) {
  const server = yield* MixpanelServer.make({ token })
  yield* server.misbehave(plan)
  const receipts = yield* EventSink.deliver(Mixpanel.sink(options(server.url, more)), messages)
  return {
    server,
    receipts,
    outcomes: outcomesOf(receipts),
    reasons: reasonsOf(receipts),
    received: insertIds(yield* server.events),
    raw: insertIds(yield* server.raw),
    events: yield* server.events,
    profiles: yield* server.profiles,
    groups: yield* server.groups,
    updates: yield* server.updates,
    rejected: yield* server.rejected,
    requests: yield* server.requests
  }
}, fetched)

/** A fault for some of the requests under one path, in their order; the others are answered as they should be. */
export const at = (path: string, ...faults: ReadonlyArray<Fault.Fault | undefined>): Fault.Plan => {
  let index = 0
  return (head) => (head.path === path ? faults[index++] : undefined)
}

/** A fault for all requests under one path. */
export const always =
  (path: string, fault: Fault.Fault): Fault.Plan =>
  (head) =>
    head.path === path ? fault : undefined
