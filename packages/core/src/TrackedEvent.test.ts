import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { line, LoadedLine, Manufacturer, Order } from "../test/wholesale.ts"
import { refusal } from "../test/refusal.ts"
import { Aggregate, Entity, Pii, Plan, TrackedEvent } from "./index.ts"

const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", {
  entities: { orderLine: LoadedLine },
  properties: { action: Schema.Literal("orderLineUpdated"), note: Schema.optionalKey(Schema.String) }
})

describe("a tracked event", () => {
  it("has its own properties' keys, then those of its entities, level by level", () => {
    assert.deepStrictEqual(TrackedEvent.keys(OrderLineUpdated).slice(0, 5), [
      "action",
      "note",
      "OrderLine_id",
      "OrderLine_qty",
      "Product_id"
    ])
    assert.strictEqual(TrackedEvent.keys(OrderLineUpdated).length, 15)
    assert.isTrue(TrackedEvent.isTrackedEvent(OrderLineUpdated))
    assert.isFalse(TrackedEvent.isTrackedEvent({}))
  })

  it("can have nothing but a name", () => {
    assert.deepStrictEqual(TrackedEvent.keys(TrackedEvent.make("signedOut")), [])
  })

  it("leaves a relation out where its entity is given without it", () => {
    const Short = TrackedEvent.make("short", { entities: { line: LoadedLine.pipe(Entity.omit("product", "order")) } })
    assert.deepStrictEqual(TrackedEvent.keys(Short), ["OrderLine_id", "OrderLine_qty"])
  })

  it("knows in its types what a call gives", () => {
    const input: TrackedEvent.Input<typeof OrderLineUpdated> = {
      orderLine: line,
      properties: { action: "orderLineUpdated" }
    }
    // @ts-expect-error a wrong property
    const wrong: TrackedEvent.Input<typeof OrderLineUpdated> = { orderLine: line, properties: { action: "x" } }
    // @ts-expect-error a missing entity
    const missing: TrackedEvent.Input<typeof OrderLineUpdated> = { properties: { action: "orderLineUpdated" } }
    assert.isDefined([input, wrong, missing])
  })

  it("knows which of its keys hold personal data, also inside lists and behind checks", () => {
    const Buyer = Entity.make("Buyer", {
      key: "id",
      attributes: {
        id: Schema.Int,
        email: Pii.personal(Schema.String),
        name: Pii.personal(Schema.String.check(Schema.isMinLength(1)))
      }
    })
    const Invited = TrackedEvent.make("invited", {
      entities: {
        order: Order.pipe(
          Entity.many(
            "guests",
            Buyer,
            (order: { guests: ReadonlyArray<Entity.Row<typeof Buyer>> }) => order.guests,
            Aggregate.list({ max: 3 }),
            Aggregate.count
          ),
          Entity.one("buyer", Buyer, (order: { buyer: Entity.Row<typeof Buyer> }) => order.buyer)
        )
      },
      properties: { phone: Pii.personal(Schema.String), channel: Schema.String }
    })
    assert.deepStrictEqual(
      [...TrackedEvent.personalKeys(Invited)],
      ["phone", "Order_guests", "Buyer_email", "Buyer_name"]
    )
  })

  it("yields the schema of what is sent", () => {
    const is = Schema.is(TrackedEvent.schema(OrderLineUpdated))
    const sent = { action: "orderLineUpdated", ...Entity.valuesSync(LoadedLine, line) }
    assert.isTrue(is(sent))
    assert.isFalse(is({ ...sent, action: "x" }))
    assert.isFalse(is({ ...sent, OrderLine_qty: "3" }))
  })

  it("is refused where two of its parts write one key, naming both", () => {
    const error = refusal(() =>
      TrackedEvent.make("twice", { entities: { line: LoadedLine, maker: Manufacturer }, properties: {} })
    )
    assert.deepStrictEqual([error.entity, error.reason], ["twice", "DuplicateKey"])
    assert.includeMembers([...error.paths], ["OrderLine.product.manufacturer.id", "Manufacturer.id"])
    const property = refusal(() =>
      TrackedEvent.make("twice", { entities: { order: Order }, properties: { Order_id: Schema.Int } })
    )
    assert.deepStrictEqual(property.paths, ["twice.properties.Order_id", "Order.id"])
  })

  it("is refused for a name that no vendor takes, an entity that is none, and a property without JSON", () => {
    for (const name of ["", " ", "x".repeat(256)])
      assert.strictEqual(refusal(() => TrackedEvent.make(name)).reason, "BadName")
    assert.strictEqual(refusal(() => TrackedEvent.make("e", { entities: { a: {} as never } })).reason, "BadPath")
    assert.strictEqual(refusal(() => TrackedEvent.make("e", { entities: { properties: Order } })).reason, "BadName")
    assert.strictEqual(refusal(() => TrackedEvent.make("e", { properties: { a: Schema.Symbol } })).reason, "NotJson")
  })
})

describe("a plan", () => {
  const OrderPlaced = TrackedEvent.make("orderPlaced", { entities: { order: Order } })

  it("has all events by name", () => {
    const plan = Plan.make(OrderLineUpdated, OrderPlaced, OrderPlaced)
    assert.deepStrictEqual(Object.keys(plan.events), ["orderLineUpdated", "orderPlaced"])
    assert.strictEqual(plan.events.orderPlaced, OrderPlaced)
    assert.isTrue(Plan.isPlan(plan))
    assert.isFalse(Plan.isPlan({ events: {} }))
  })

  it("refuses two events of one name, and what is no event", () => {
    const other = TrackedEvent.make("orderPlaced")
    assert.deepInclude(
      refusal(() => Plan.make(OrderPlaced, other)),
      { entity: "orderPlaced", reason: "DuplicateName" }
    )
    assert.strictEqual(refusal(() => Plan.make({} as never)).reason, "BadPath")
  })

  it("refuses entities of two events that disagree under one name", () => {
    const Other = Entity.make("Order", { key: "uuid", attributes: { uuid: Schema.String } })
    const error = refusal(() => Plan.make(OrderPlaced, TrackedEvent.make("other", { entities: { order: Other } })))
    assert.deepInclude(error, { entity: "Order", reason: "DuplicateName" })
  })
})
