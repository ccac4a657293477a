import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Entity, EventSink, Pii, Plan, Receipt, TrackedEvent, Tracker } from "../../src/index.ts"
import type { Message } from "../../src/Message.ts"

const Line = Entity.make("Line", {
  key: "id",
  attributes: { id: Schema.Int, text: Schema.String, email: Pii.personal(Schema.String) }
})
const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int } })

export interface ProductRow {
  readonly id: number
}
type Row = { readonly product: () => Effect.Effect<ProductRow, string> }
const Related = Line.pipe(Entity.one("product", Product, (line: Row) => line.product()))

const properties = { number: Schema.Int }
export const Plain = TrackedEvent.make("plain", { entities: { line: Line }, properties })
export const Relating = TrackedEvent.make("related", { entities: { line: Related }, properties })
export const Strict = TrackedEvent.make("strict", { entities: { line: Related }, properties, relations: "fail" })
export const Ad = TrackedEvent.make("ad", { entities: { line: Line }, properties, purposes: ["ads"] })

const calls = { identify: properties, group: properties, page: properties, screen: properties }
export const plan = Plan.make(Plain, Relating, Strict, Ad).pipe(Plan.calls(calls))

export const secret = "jane@example.com"

/** The number that a message carries. */
export const numberOf = (message: Message): number => {
  switch (message.type) {
    case "alias":
      return Number(message.previousId)
    case "identify":
    case "group":
      return Number(message.traits["number"])
    default:
      return Number(message.properties["number"])
  }
}

// How an event is valued is decided when it is tracked first: here, so that no program is the first.
const Warm = Tracker.layer(
  EventSink.make({ name: "warm", send: (batch) => Effect.succeed(batch.map(() => Receipt.delivered)) }),
  { plan }
)
const line = { id: 1, text: "", email: secret, product: () => Effect.succeed({ id: 1 }) }
const input = { line, properties: { number: 0 } }
Effect.runSync(
  Effect.scoped(
    Effect.gen(function* () {
      for (const event of [Plain, Ad]) yield* Tracker.track(event, input)
      for (const event of [Relating, Strict]) yield* Tracker.track(event, input)
    }).pipe(Effect.provide(Warm), Effect.forkScoped)
  )
)
