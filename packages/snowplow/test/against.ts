import { EventSink, HttpTransport, Message, type Plan, type Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"
import { type Fault, SnowplowServer } from "../../testing/src/index.ts"
import { Snowplow } from "../src/index.ts"

export const vendor = "com.acme"
export const uri = (name: string, version = "1-0-0") => `iglu:${vendor}/${name}/jsonschema/${version}`

export const id = (n: number) => `018f2d1c-0a3b-7c4d-8e5f-${String(n).padStart(12, "0")}`
const common = { messageId: id(1), timestamp: "2026-01-01T00:00:00.000Z" }

export const track = (properties: Message.Track["properties"], more?: Partial<Message.Track>): Message.Track => ({
  type: "track",
  event: "orderPlaced",
  properties,
  ...common,
  ...more
})
export const call = <const M extends object>(message: M): Message.Message =>
  ({ ...common, ...message }) as unknown as Message.Message

export interface Given {
  readonly plan?: Plan.Plan | undefined
  readonly misbehave?: Fault.Plan<Fault.Common> | undefined
  readonly validate?: SnowplowServer.Validate | undefined
  readonly options?: Partial<Snowplow.Options> | undefined
  readonly with?: (sink: EventSink.EventSink<any, HttpTransport.HttpTransport>) => EventSink.EventSink<any, any>
}

export const outcomesOf = (receipts: ReadonlyArray<Receipt.Receipt>) => receipts.map(({ outcome }) => outcome._tag)
export const reasonsOf = (receipts: ReadonlyArray<Receipt.Receipt>) =>
  receipts.map(({ outcome }) => ("reason" in outcome ? outcome.reason : ""))

/** What becomes of messages that are sent to a server. */
export const against = Effect.fnUntraced(
  function* (messages: ReadonlyArray<Message.Message>, given: Given = {}) {
    const server = yield* SnowplowServer.make({ validate: given.validate })
    yield* server.misbehave(given.misbehave ?? [])
    const sink = Snowplow.sink({
      endpoint: server.url,
      vendor,
      unplanned: given.plan === undefined ? "generic" : "reject",
      ...given.options
    })
    const combined = given.with === undefined ? sink : given.with(sink)
    const receipts = yield* EventSink.deliver(combined, messages, { plan: given.plan })
    const events = yield* server.events
    return {
      events,
      parts: events.map(({ entities, event }) => [event, ...entities].filter((part) => part !== undefined)),
      fields: events.map(({ fields }) => fields),
      failed: (yield* server.failed).map(({ reason }) => reason),
      outcomes: outcomesOf(receipts),
      reasons: reasonsOf(receipts),
      requests: yield* server.requests
    }
  },
  Effect.scoped,
  Effect.provide(HttpTransport.layerFetch)
)
