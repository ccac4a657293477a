import { assert, describe, it } from "@effect/vitest"
import { Attribute, Entity, Pii, Plan, type PlanSupport, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"
import { Check } from "./index.ts"
import { caseOf, isPast, wordsOf } from "./internal/check/words.ts"

const found = (...events: ReadonlyArray<TrackedEvent.Any>): ReadonlyArray<string> => told(Plan.make(...events))
const told = (plan: Plan.Plan): ReadonlyArray<string> =>
  Check.run(Plan.describe(plan)).map(
    ({ attribute, name, rule, what }) => `${rule}: ${attribute === undefined ? name : `${name}.${attribute}`}: ${what}`
  )
const named = (...names: ReadonlyArray<string>) => found(...names.map((name) => TrackedEvent.make(name)))
const seen = (properties: Attribute.Fields) => found(TrackedEvent.make("seen", { properties: properties as {} }))

describe("a plan that is checked", () => {
  it("has its events in one case", () => {
    assert.deepStrictEqual(named("orderPlaced", "orderShipped", "Order Cancelled"), [
      `event-case: Order Cancelled: the event "Order Cancelled" is not in camelCase, as most are`
    ])
    assert.deepStrictEqual(named("Order Placed", "Order Shipped", "Seen"), [])
    assert.deepStrictEqual(named("order_placed", "seen", "left"), [])
    assert.deepStrictEqual(named("orderPlaced", "Order Shipped"), [])
  })

  it("has its attributes in one case, each told once", () => {
    const Product = Entity.make("Product", {
      key: "id",
      attributes: { id: Schema.Int, unitPrice: Schema.Int, list_price: Schema.Int }
    })
    const event = (name: string) => TrackedEvent.make(name, { entities: { product: Product } })
    assert.deepStrictEqual(found(event("seen"), event("sold")), [
      `key-case: Product.list_price: the attribute "list_price" is not in camelCase, as most are`
    ])
  })

  it("says in the name of an event that something has happened", () => {
    assert.deepStrictEqual(named("checkout"), [`tense: checkout: "checkout" does not say that something has happened`])
    for (const name of ["orderPlaced", "message_sent", "Song Sung", "Left"]) assert.deepStrictEqual(named(name), [])
    for (const name of ["red", "feed", "placeOrder"]) assert.isFalse(isPast(name), name)
  })

  it("has no two events that a person takes for one", () => {
    assert.deepStrictEqual(
      named("orderPlaced", "order_placed", "ordersPlaced", "placedOrder").filter((one) => one.startsWith("near")),
      [
        `near-duplicate: order_placed: "order_placed" is almost "orderPlaced"`,
        `near-duplicate: ordersPlaced: "ordersPlaced" is almost "orderPlaced"`,
        `near-duplicate: placedOrder: "placedOrder" is almost "orderPlaced"`
      ]
    )
    assert.deepStrictEqual(named("orderPlaced", "orderLinePlaced"), [])
  })

  it("has no values in names", () => {
    assert.deepStrictEqual(named("product 12345 seen"), [
      `value-in-name: product 12345 seen: the name "product 12345 seen" has a value in it`
    ])
    assert.deepStrictEqual(seen({ year2026: Schema.Int }), [
      `value-in-name: seen.year2026: the name "year2026" has a value in it`
    ])
    assert.deepStrictEqual(seen({ line2: Schema.String }), [])
  })

  it("has its personal data marked, by name and by format, wherever it is", () => {
    const says = (what: string) => `seems to be personal data (${what}), and is not marked`
    assert.deepStrictEqual(seen({ email: Schema.String, firstName: Schema.String }), [
      `personal-unmarked: seen.email: "email" ${says("email")}`,
      `personal-unmarked: seen.firstName: "firstName" ${says("first name")}`
    ])
    const formatted = Schema.String.annotate({ format: "email" })
    assert.deepStrictEqual(seen({ contact: formatted }), [
      `personal-unmarked: seen.contact: "contact" ${says("an email address")}`
    ])
    const fine = {
      email: Pii.personal(Schema.String),
      emailSent: Schema.Boolean,
      shipment: Schema.String,
      zip: Schema.String
    }
    assert.deepStrictEqual(seen(fine), [])
    const plan = Plan.make().pipe(
      Plan.context({ ip: Schema.String }),
      Plan.calls({ identify: { phone: Schema.String } })
    )
    assert.deepStrictEqual(told(plan), [
      `personal-unmarked: identify calls.phone: "phone" ${says("phone")}`,
      `personal-unmarked: the context.ip: "ip" ${says("ip")}`
    ])
  })

  it("replaces what is deprecated by something that it has", () => {
    const replaced = (replacedBy: string) =>
      seen({ old: Attribute.annotate(Schema.String, { deprecated: { replacedBy } }), next: Schema.String })
    assert.deepStrictEqual(replaced("next"), [])
    assert.deepStrictEqual(replaced("seen_next"), [])
    assert.deepStrictEqual(replaced("other"), [
      `replacement: seen.old: the plan does not have "other", which replaces it`
    ])
  })

  it("says where a rule does not hold, by the rule's name", () => {
    const allowed = Attribute.annotate(Schema.String, { allow: { "personal-unmarked": "the shop's own" } })
    assert.deepStrictEqual(seen({ email: allowed }), [])
    const checkout = TrackedEvent.make("checkout").pipe(
      TrackedEvent.annotate({ allow: { tense: "all know it", tens: "a" } })
    )
    assert.deepStrictEqual(found(checkout), [
      `allow: checkout: it is exempt from the rule "tens", which does not exist`
    ])
    assert.include(Check.rules, "tense")
  })
})

describe("the words of a name", () => {
  it("are the same in every case", () => {
    for (const name of [
      "orderLineUpdated",
      "order_line_updated",
      "Order Line Updated",
      "order-line-updated",
      "OrderLineUpdated"
    ]) {
      assert.deepStrictEqual(wordsOf(name), ["order", "line", "updated"])
    }
    assert.deepStrictEqual(wordsOf("externalID"), ["external", "id"])
    assert.deepStrictEqual(wordsOf("HTTPRequestSent"), ["http", "request", "sent"])
    assert.deepStrictEqual(wordsOf("größeGeändert2"), ["größe", "geändert2"])
  })

  it("tell the case of most names", () => {
    const names = ["a_b", "c_d", "eF"]
    const { isOther, name } = caseOf(names)
    assert.deepStrictEqual([name, names.filter(isOther)], ["snake_case", ["eF"]])
    assert.strictEqual(caseOf(["Order placed", "Order shipped"]).name, "Sentence case")
    assert.strictEqual(caseOf(["order-placed", "order-shipped"]).name, "kebab-case")
    assert.strictEqual(caseOf(["OrderPlaced", "OrderShipped"]).name, "PascalCase")
    assert.strictEqual(caseOf(["Seen", "Order Placed"]).name, "Title Case")
  })
})

describe("what a destination does not take", () => {
  const long: PlanSupport.PlanSupport = {
    formats: [],
    rules: [
      {
        name: "acme-limits",
        find: ({ events }) =>
          events.flatMap(({ name, nodes }) => [
            { event: name, what: "the event is too long", remedy: "shorten it" },
            ...nodes.flatMap(({ keys }) =>
              keys.map(({ key }) => ({ event: name, key, what: `${key} is too long`, remedy: "shorten it" }))
            )
          ])
      }
    ]
  }
  const allow = { "acme-limits": "nobody looks there" }
  const check = (...events: ReadonlyArray<TrackedEvent.Any>) =>
    Check.run(Plan.describe(Plan.make(...events)), [long]).map(({ attribute, name, rule }) => [rule, name, attribute])

  it("is found, an attribute of several events once", () => {
    const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } })
    const event = (name: string) => TrackedEvent.make(name, { entities: { order: Order } })
    assert.deepStrictEqual(check(event("orderPlaced"), event("orderPaid")), [
      ["acme-limits", "orderPlaced", undefined],
      ["acme-limits", "orderPlaced", "Order_id"],
      ["acme-limits", "orderPaid", undefined]
    ])
  })

  it("is allowed where the definition says why", () => {
    const id = Attribute.annotate(Schema.Int, { allow })
    const Order = Entity.make("Order", { key: "id", attributes: { id } })
    const Placed = TrackedEvent.make("orderPlaced", { entities: { order: Order } })
    assert.deepStrictEqual(check(TrackedEvent.annotate(Placed, { allow })), [])
  })
})
