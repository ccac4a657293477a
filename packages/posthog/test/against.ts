import { EventSink, HttpTransport, type Message, type Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Fault, PostHogServer } from "../../testing/src/index.ts"
import { PostHog } from "../src/index.ts"

export const timestamp = "2026-01-01T00:00:00.000Z"
export const projectKey = "phc_a_secret_project_key"
export const apis = ["events", "batch"] as const

/** A message id that is a UUID. */
export const id = (index: number): string => `01a210d1-cbaa-7d34-ada6-${String(index).padStart(12, "0")}`

export const track = (index: number, more?: Partial<Message.Track>): Message.Track => ({
  type: "track",
  event: "orderPlaced",
  properties: { Order_id: 357 },
  userId: "user-1",
  messageId: id(index),
  timestamp,
  ...more
})
export const tracks = (count: number) => Array.from({ length: count }, (_, index) => track(index))

/** Any message of a user. */
export const message = <T extends Message.Message["type"]>(type: T, more: object): Message.Message =>
  ({ type, userId: "user-1", messageId: id(1), timestamp, ...more }) as Message.Message

export const options = (endpoint: string, more?: Partial<PostHog.Options>): PostHog.Options => ({
  projectKey: Redacted.make(projectKey),
  endpoint,
  ...more
})
export const fetched = Effect.provide(HttpTransport.layerFetch)

export const outcomesOf = (receipts: ReadonlyArray<Receipt.Receipt>) => receipts.map(({ outcome }) => outcome._tag)
export const reasonsOf = (receipts: ReadonlyArray<Receipt.Receipt>) =>
  receipts.map(({ outcome }) => ("reason" in outcome ? outcome.reason : ""))

/** A server, and what became of messages that were sent to it while it misbehaved. */
export const against = Effect.fnUntraced(function* (
  plan: Fault.Plan,
  messages: ReadonlyArray<Message.Message>,
  more?: Partial<PostHog.Options>
) {
  const server = yield* PostHogServer.make({ projectKey })
  yield* server.misbehave(plan)
  const receipts = yield* EventSink.deliver(PostHog.sink(options(server.url, more)), messages)
  return {
    server,
    receipts,
    outcomes: outcomesOf(receipts),
    reasons: reasonsOf(receipts),
    raw: yield* server.raw,
    dropped: yield* server.dropped,
    persons: yield* server.persons,
    groups: yield* server.groups,
    requests: yield* server.requests
  }
}, fetched)
