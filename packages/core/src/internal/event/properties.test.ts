import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Entity, Loader } from "../../index.ts"
import type { Values } from "../value/model.ts"
import { Tolerance } from "../value/tolerance.ts"
import type { Input, TrackedEventImpl } from "./model.ts"
import * as properties from "./properties.ts"
import { make } from "./trackedEvent.ts"

const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } })
const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int } })
/** Its resolver answers at once, or with an Effect, as its row says. */
const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int } }).pipe(
  Entity.one("product", Product, (row: { readonly later: boolean }) =>
    row.later ? Effect.succeed({ id: 2 }) : { id: 2 }
  )
)
const products = Loader.byKey({
  name: "products",
  load: (ids: ReadonlyArray<number>) => Effect.succeed(ids.map((id) => ({ id }))),
  keyOf: (row: { readonly id: number }) => row.id
})
const Loaded = Entity.make("Loaded", { key: "id", attributes: { id: Schema.Int } }).pipe(
  Entity.one(
    "product",
    Product,
    Loader.at(products, () => 2)
  )
)

const eventOf = (entities: object, fields: Schema.Struct.Fields = {}): TrackedEventImpl =>
  make("event", { entities: entities as TrackedEventImpl["entities"], properties: fields })

const laterOf = (event: TrackedEventImpl, input: Input) => {
  const tolerance = new Tolerance(false)
  const values = Effect.runSync(properties.of(event, true).later(input, tolerance) as Effect.Effect<Values>)
  return { values, paths: tolerance.found.map(({ violation }) => violation.path) }
}

const order = { id: 1 }
const now = { id: 3, later: false }
const later = { id: 3, later: true }
const lineValues = { Line_id: 3, Product_id: 2 }

describe("an event's properties", () => {
  it.each<readonly [title: string, event: TrackedEventImpl, input: Input, values: object]>([
    ["of one entity", eventOf({ line: Line }, { n: Schema.Int }), { line: now, properties: { n: 1 } }, { n: 1 }],
    [
      "of one entity, beside a property that can be absent",
      eventOf({ line: Line }, { n: Schema.optional(Schema.Int) }),
      { line: now, properties: {} },
      {}
    ],
    ["of several entities", eventOf({ order: Order, line: Line }), { order, line: now }, { Order_id: 1 }]
  ])("%s come at once where nothing needs an Effect, in the order of the definition", (_, event, input, values) => {
    const all = Object.entries({ ...values, ...lineValues })
    assert.deepStrictEqual(Object.entries(properties.of(event, true).now(input) ?? {}), all)
    const { paths, values: resolved } = laterOf(event, input)
    assert.deepStrictEqual(Object.entries(resolved), all)
    assert.deepStrictEqual(paths, [])
  })

  it("do not come at once where a resolver answers with an Effect, nor for later calls", () => {
    const event = eventOf({ order: Order, line: Line })
    const { now: atOnce } = properties.of(event, true)
    assert.isUndefined(atOnce({ order, line: later }))
    assert.isUndefined(atOnce({ order, line: now }))
    assert.deepStrictEqual(laterOf(event, { order, line: later }).values, { Order_id: 1, ...lineValues })
  })

  it("do not come at once where a relation is a loader's", () => {
    assert.isUndefined(properties.of(eventOf({ loaded: Loaded }), true).now({ loaded: { id: 1 } }))
  })

  it("are those of the other entities where a row is none, which is named", () => {
    const event = eventOf({ order: Order, line: Line })
    const input = { order: undefined, line: now }
    assert.isUndefined(properties.of(event, true).now(input))
    const { paths, values } = laterOf(event, input)
    assert.deepStrictEqual(values, lineValues)
    assert.deepStrictEqual(paths, ["Order"])
  })

  it("are none where there are no rows by name at all", () => {
    assert.deepStrictEqual(laterOf(eventOf({ order: Order }), null as never), { values: {}, paths: ["event"] })
  })

  it("are made the same way each time, checked or not", () => {
    const event = eventOf({ order: Order })
    assert.strictEqual(properties.of(event, true), properties.of(event, true))
    assert.notStrictEqual(properties.of(event, true), properties.of(event, false))
    assert.deepStrictEqual(properties.of(event, false).now({ order: { id: "one" } }), { Order_id: "one" })
    assert.isUndefined(properties.of(event, true).now({ order: { id: "one" } }))
  })
})
