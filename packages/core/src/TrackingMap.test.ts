import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { line, lineValues, LoadedLine, Manufacturer, Order, type OrderRow, Product } from "../test/wholesale.ts"
import { refusal } from "../test/refusal.ts"
import { Aggregate, Entity, Pii, Plan, TrackedEvent, TrackingMap } from "./index.ts"

const RetailCompany = Entity.make("RetailCompany", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
const map = TrackingMap.make(LoadedLine, RetailCompany, Manufacturer, RetailCompany)

describe("a tracking map", () => {
  it("looks an entity up by name", () => {
    assert.strictEqual(TrackingMap.get(map, "OrderLine"), LoadedLine)
    assert.strictEqual(map.pipe(TrackingMap.get("RetailCompany")), RetailCompany)
    assert.deepStrictEqual(Object.keys(map.entities), ["OrderLine", "RetailCompany", "Manufacturer"])
    assert.isTrue(TrackingMap.has(map, "Manufacturer"))
    assert.isFalse(map.pipe(TrackingMap.has("constructor")))
    assert.isTrue(TrackingMap.isTrackingMap(map))
    assert.isFalse(TrackingMap.isTrackingMap({ entities: {} }))
  })

  it.effect("values a series of objects into one record, in their order", () =>
    Effect.gen(function* () {
      const company = { RetailCompany: { id: 5, name: "Luigi's" }, OrderLine: line }
      const values = yield* TrackingMap.values(map, company)
      assert.isString(values.RetailCompany_name satisfies string)
      assert.deepStrictEqual(Object.entries(values), [
        ["RetailCompany_id", 5],
        ["RetailCompany_name", "Luigi's"],
        ...Object.entries(lineValues)
      ])
      assert.deepStrictEqual(yield* map.pipe(TrackingMap.values(company)), values)
    })
  )

  it.effect("fails where two of the objects write one key, naming both paths", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        TrackingMap.values(map, { OrderLine: line, Manufacturer: line.product.manufacturer! })
      )
      assert.deepInclude(error, {
        reason: "DuplicateKey",
        paths: ["OrderLine.product.manufacturer.id", "Manufacturer.id"]
      })
    })
  )

  it.effect("fails for a name that it does not have", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(TrackingMap.values(map, { Nobody: {} } as never))
      assert.strictEqual(
        (error as Error).message,
        "Nobody: the tracking map has no entity with this name (it has OrderLine, RetailCompany, Manufacturer)"
      )
    })
  )

  it("refuses two entities that differ under one name", () => {
    const Other = Entity.make("RetailCompany", { key: "id", attributes: { id: Schema.Int } })
    const error = refusal(() => TrackingMap.make(RetailCompany, Other))
    assert.deepInclude(error, { entity: "RetailCompany", reason: "DuplicateName" })
    assert.strictEqual(refusal(() => TrackingMap.make({} as never)).reason, "BadPath")
  })

  it("refuses an entity that is reached by a relation and disagrees about the key or an attribute", () => {
    const relatedTo = (Target: Entity.Any) => Entity.one(RetailCompany, "order", Target, () => null as never)
    const disagreement = (Target: Entity.Any) => refusal(() => TrackingMap.make(Order, relatedTo(Target) as Entity.Any))
    const keyed = Entity.make("Order", { key: "uuid", attributes: { id: Schema.Int, uuid: Schema.String } })
    assert.include(
      disagreement(keyed).message,
      "Order and RetailCompany.order share this name and differ in the key (id, uuid)"
    )
    const typed = Entity.make("Order", { key: "id", attributes: { id: Schema.String } })
    assert.include(disagreement(typed).message, 'differ in the attribute "id"')
  })

  it("refuses two entities of one name that disagree about whether an attribute is personal", () => {
    const buyer = (email: typeof Schema.String) =>
      Entity.make("Buyer", { key: "id", attributes: { id: Schema.Int, email } })
    const Seen = TrackedEvent.make("seen", { entities: { buyer: buyer(Schema.String) } })
    const Mailed = TrackedEvent.make("mailed", { entities: { buyer: buyer(Pii.personal(Schema.String)) } })
    const error = refusal(() => Plan.make(Seen, Mailed))
    assert.include(error.message, 'differ in whether the attribute "email" is personal')
  })

  it("takes one entity composed in more ways than one, as long as they agree", () => {
    const OrderWithLines = Order.pipe(
      Entity.many("lines", LoadedLine, (order: { lines: ReadonlyArray<typeof line> }) => order.lines, Aggregate.count)
    )
    const again = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, sku: Schema.String } })
    const Sold = RetailCompany.pipe(Entity.one("product", again, () => null))
    const taken = TrackingMap.make(OrderWithLines, LoadedLine, Sold, Product)
    assert.deepStrictEqual(Object.keys(taken.entities), ["Order", "OrderLine", "RetailCompany", "Product"])
  })

  it("keeps the types of what it was made of", () => {
    const order: Entity.Row<typeof Order> = { id: 1, uuid: "u", total: 1 } satisfies OrderRow
    const values = TrackingMap.values(map, { RetailCompany: { id: 5, name: "Luigi's" } })
    const typed: Effect.Effect<{ readonly RetailCompany_id: number; readonly RetailCompany_name: string }, unknown> =
      values
    // @ts-expect-error an entity that the map does not have
    const unknown = () => TrackingMap.get(map, "Order")
    // @ts-expect-error a row that lacks an attribute
    const lacking = () => TrackingMap.values(map, { RetailCompany: { id: 5 } })
    assert.isDefined([order, typed, unknown, lacking])
  })
})
