import { assert, describe, it } from "@effect/vitest"
import { type Message, Tracker } from "@trackmap/core"
import { InMemory } from "@trackmap/testing"
import * as Effect from "effect/Effect"
import { values } from "../../../../fixtures/wholesale/rows.ts"
import { shop, visitor } from "./testShop.ts"

/** A message without the parts that differ each time: its id, its time, and its request's span. */
const lasting = ({ context = {}, messageId: _id, timestamp: _at, ...message }: Message.Message) => {
  const { spanId, traceId, trackingPlan, ...known } = context
  assert.match(`${traceId}-${spanId}`, /^[0-9a-f]{32}-[0-9a-f]{16}$/)
  assert.match(JSON.stringify(trackingPlan), /^\{"version":"[0-9a-f]{16}"\}$/)
  return { ...message, context: known }
}

/** The messages tracked so far. */
const tracked = Effect.gen(function* () {
  yield* Tracker.flush
  const memory = yield* InMemory.InMemory
  return memory.received.map(lasting)
})

const { Manufacturer_id, Manufacturer_uuid, Manufacturer_name, Manufacturer_externalID } = values
const theMaker = { Manufacturer_id, Manufacturer_uuid, Manufacturer_name, Manufacturer_externalID }
const { Product_id, Product_name, Product_price, Product_sku } = values
const theProduct = { Product_id, Product_name, Product_price, Product_sku }
const theOrder = { Order_id: 1201, Order_uuid: "5b0f4f0e-58a1-4f0e-a5c7-7d5a1f1f0c1e" }
const openOrder = { ...theOrder, Order_total: 0 }
const theCompany = { RetailCompany_id: 41, RetailCompany_name: "Koopa Ironmongers" }
const theBuyer = { Buyer_id: 1, Buyer_name: "Pauline Sirena", Buyer_email: "buyer1@retail.example" }
const placedTotal = 300_000 + 12 * 82_672 + 40 * 19_856

const userAgent = { "user-agent": "Test/1.0" }
const asBuyer = { userId: "1", context: { groupId: "41", ip: "127.0.0.1", userAgent: "Test/1.0" } }
const asSystem = (userId: string) => ({ userId, context: { userAgent: "Wholesale/1.0" } })

const line = "/orders/1201/lines/4001"

type Post = readonly [path: string, fields?: Readonly<Record<string, string>>]
const place: Post = ["/orders/1201/place"]

/** A person's actions, the page that follows, its text, and the one event of the last action. */
const acts: ReadonlyArray<{
  readonly does: string
  readonly posts: readonly [Post, ...ReadonlyArray<Post>]
  readonly to: string
  readonly says: string
  readonly event: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly actor: Readonly<Record<string, unknown>>
}> = [
  {
    does: "changes a quantity",
    posts: [[`${line}/quantity`, { qty: "5" }]],
    to: "/orders/1201",
    says: "Quantity changed to 5.",
    event: "orderLineUpdated",
    properties: {
      OrderLine_id: 4001,
      OrderLine_qty: 5,
      OrderLine_state: "updated",
      OrderLine_changed: ["qty"],
      OrderLine_qty_before: 3,
      ...theProduct,
      ...openOrder,
      ...theMaker
    },
    actor: asBuyer
  },
  {
    does: "adds a line",
    posts: [["/lines", { product: "123", qty: "2" }]],
    to: "/orders/1201",
    says: "Added to the order.",
    event: "orderLineAdded",
    properties: { OrderLine_id: 4004, OrderLine_qty: 2, ...theProduct, ...openOrder, ...theMaker },
    actor: asBuyer
  },
  {
    does: "removes a line",
    posts: [[`${line}/remove`]],
    to: "/orders/1201",
    says: "Line removed.",
    event: "orderLineRemoved",
    properties: { OrderLine_id: 4001, OrderLine_qty: 3, ...theProduct, ...openOrder, ...theMaker },
    actor: asBuyer
  },
  {
    does: "places the order",
    posts: [place],
    to: "/orders/1201",
    says: "Order placed.",
    event: "orderPlaced",
    properties: {
      ...theOrder,
      Order_total: placedTotal,
      Order_status: "placed",
      Order_state: "updated",
      Order_changed: ["total", "status"],
      Order_total_before: 0,
      Order_status_before: "open",
      ...theCompany,
      Order_lines_count: 3,
      Order_lines_qty_sum: 55,
      ...theBuyer
    },
    actor: asBuyer
  },
  {
    does: "ships the order, as the warehouse",
    posts: [place, ["/orders/1201/ship"]],
    to: "/orders/1201",
    says: "Order shipped.",
    event: "orderShipped",
    properties: {
      ...theOrder,
      Order_total: placedTotal,
      Order_status: "shipped",
      Order_state: "updated",
      Order_changed: ["status"],
      Order_status_before: "placed",
      ...theCompany
    },
    actor: asSystem("warehouse")
  },
  {
    does: "cancels the order, and says why",
    posts: [place, ["/orders/1201/cancel", { reason: "too late" }]],
    to: "/orders/1201",
    says: "Order cancelled.",
    event: "orderCancelled",
    properties: {
      reason: "too late",
      ...theOrder,
      Order_total: placedTotal,
      Order_status: "cancelled",
      Order_state: "updated",
      Order_changed: ["status"],
      Order_status_before: "placed",
      ...theCompany
    },
    actor: asBuyer
  },
  {
    does: "renames a product, as the price lists",
    posts: [["/products/123/name", { name: "  Silver Plated Duck Tape " }]],
    to: "/products/123",
    says: "Product renamed.",
    event: "productRenamed",
    properties: {
      ...theProduct,
      Product_name: "Silver Plated Duck Tape",
      Product_state: "updated",
      Product_changed: ["name"],
      Product_name_before: "Gold Plated Duck Tape",
      ...theMaker
    },
    actor: asSystem("price-lists")
  },
  {
    does: "changes a price, as the price lists",
    posts: [["/products/123/price", { price: "99000" }]],
    to: "/products/123",
    says: "Price changed to 99000.",
    event: "productRepriced",
    properties: {
      ...theProduct,
      Product_price: 99000,
      Product_state: "updated",
      Product_changed: ["price"],
      Product_price_before: 100000,
      ...theMaker
    },
    actor: asSystem("price-lists")
  }
]

/** The cookies that a response sets, as the next request sends them. */
const cookies = (headers: Readonly<Record<string, unknown>>): string =>
  ((headers["set-cookie"] ?? []) as ReadonlyArray<string>).map((cookie) => cookie.split(";")[0]).join("; ")

describe("what somebody does in the shop", () => {
  for (const { actor, does, event, posts, properties, says, to } of acts) {
    it.live(`${does}: one event arrives, which the next page says once`, () =>
      Effect.gen(function* () {
        const { get, post } = yield* visitor()
        const answers = yield* Effect.forEach(posts, ([path, fields = {}]) => post(path, fields, userAgent))
        const answer = answers.at(-1)!
        assert.deepStrictEqual([answer.status, answer.headers["location"]], [303, to])
        const messages = yield* tracked
        assert.strictEqual(messages.length, posts.length)
        assert.deepStrictEqual(messages.at(-1), { type: "track", event, properties, ...actor } as any)
        const { properties: sent } = messages.at(-1) as { readonly properties: object }
        assert.deepStrictEqual(Object.keys(sent), Object.keys(properties))

        const { messageId } = (yield* InMemory.InMemory).received.at(-1)!
        const page = yield* get(to, { cookie: cookies(answer.headers) })
        assert.include(page.text, says)
        assert.include(
          page.text.replaceAll(/\s+/g, " "),
          `One event: <code>${event}</code>. <a href="/inspector/#event=${messageId}">`
        )
        assert.match(String(page.headers["set-cookie"]), /^done=; /)
      }).pipe(Effect.provide(shop))
    )
  }

  it.live("signs in as another: two messages, and a cookie", () =>
    Effect.gen(function* () {
      const { get, post } = yield* visitor()
      const answer = yield* post("/sign-in", { buyer: "0" }, userAgent)
      assert.deepStrictEqual([answer.status, answer.headers["location"]], [303, "/"])
      assert.match(String(answer.headers["set-cookie"]), /^buyer=0; Path=\/; HttpOnly; SameSite=Lax,/)
      const peach = { userId: "0", context: { groupId: "42", ip: "127.0.0.1", userAgent: "Test/1.0" } }
      assert.deepStrictEqual(yield* tracked, [
        {
          type: "identify",
          traits: { Buyer_id: 0, Buyer_name: "Princess Peach", Buyer_email: "peach@toadtown.example" },
          ...peach
        },
        {
          type: "group",
          groupId: "42",
          traits: { RetailCompany_id: 42, RetailCompany_name: "Toad Town Hardware" },
          ...peach
        }
      ] as any)
      const page = yield* get("/catalogue", { cookie: cookies(answer.headers) })
      assert.include(page.text, "<bdi>Princess Peach</bdi> of <bdi>Toad Town Hardware</bdi>")
      assert.include(page.text, "Two events: <code>identify</code> and <code>group</code>.")
    }).pipe(Effect.provide(shop))
  )

  it.live("adds to an order that is opened for it, where there is none", () =>
    Effect.gen(function* () {
      const { get, post } = yield* visitor(0)
      assert.strictEqual((yield* get("/")).headers["location"], "/catalogue")
      assert.strictEqual((yield* post("/lines", { product: "123", qty: "1" })).headers["location"], "/orders/1202")
      assert.strictEqual((yield* get("/")).headers["location"], "/orders/1202")
      assert.strictEqual((yield* post("/lines", { product: "7", qty: "1" })).headers["location"], "/orders/1202")
      assert.deepStrictEqual(
        (yield* tracked).map((message) => "event" in message && message.event),
        ["orderLineAdded", "orderLineAdded"]
      )
    }).pipe(Effect.provide(shop))
  )

  it.live("is tracked as done by who did it, whoever else does something at the same time", () =>
    Effect.gen(function* () {
      // Each buyer adds a different product.
      const buyers = [0, 1, 2, 3, 4]
      yield* Effect.forEach(
        Array.from({ length: 100 }, (_, index) => buyers[index % buyers.length]!),
        (buyer) =>
          Effect.flatMap(visitor(buyer), ({ post }) =>
            post("/lines", { product: String(200 + buyer), qty: "1" }, { "user-agent": `Browser/${buyer}` })
          ),
        { concurrency: 20 }
      )
      const messages = (yield* tracked) as ReadonlyArray<Record<string, any>>
      assert.strictEqual(messages.length, 100)
      const groups = new Map<string, string>()
      for (const { context, properties, userId } of messages) {
        assert.deepStrictEqual([properties.Product_id, context.userAgent], [200 + Number(userId), `Browser/${userId}`])
        assert.strictEqual(groups.get(userId) ?? context.groupId, context.groupId)
        groups.set(userId, context.groupId)
      }
      assert.strictEqual(groups.size, buyers.length)
    }).pipe(Effect.provide(shop))
  )

  it.live("says what a quantity was, though several change it at the same time", () =>
    Effect.gen(function* () {
      const { post } = yield* visitor()
      const quantities = Array.from({ length: 30 }, (_, index) => String(100 + index))
      yield* Effect.forEach(quantities, (qty) => post(`${line}/quantity`, { qty }), { concurrency: 10 })
      const changes = ((yield* tracked) as ReadonlyArray<Record<string, any>>).map(({ properties }) => properties)
      const befores = changes.map(({ OrderLine_qty_before }) => OrderLine_qty_before)
      assert.strictEqual(new Set(befores).size, quantities.length)
      assert.include(befores, 3)
    }).pipe(Effect.provide(shop))
  )
})

describe("what does not go", () => {
  it.live("is said with 409, changes nothing and is not tracked", () =>
    Effect.gen(function* () {
      const { get, post } = yield* visitor()
      yield* post(...place)
      const shutOut: ReadonlyArray<Post> = [[`${line}/quantity`, { qty: "9" }], [`${line}/remove`], place]
      for (const [path, fields] of shutOut) {
        const { status, text } = yield* post(path, fields)
        assert.strictEqual(status, 409)
        assert.include(text, "Not possible right now")
      }
      yield* post("/orders/1201/ship")
      assert.strictEqual((yield* post("/orders/1201/ship")).status, 409)
      assert.strictEqual((yield* post("/orders/1201/cancel", { reason: "by mistake" })).status, 409)
      assert.include((yield* get("/orders/1201")).text, "× 3")
      assert.strictEqual((yield* tracked).length, 2)
    }).pipe(Effect.provide(shop))
  )

  it.live("is an order of nothing", () =>
    Effect.gen(function* () {
      const { get, post } = yield* visitor()
      for (const id of [4001, 4002, 4003]) yield* post(`/orders/1201/lines/${id}/remove`)
      assert.include((yield* get("/orders/1201")).text, "Your order is empty.")
      const { status, text } = yield* post(...place)
      assert.strictEqual(status, 409)
      assert.include(text, "Order 1201 is not open, or has no lines.")
    }).pipe(Effect.provide(shop))
  )

  it.live("is what belongs to another company, or is not there: 404", () =>
    Effect.gen(function* () {
      const { get, post } = yield* visitor()
      assert.strictEqual((yield* get("/orders/357")).status, 404)
      for (const path of [
        "/orders/357/place",
        "/orders/357/ship",
        "/orders/357/lines/1001/remove",
        "/orders/1201/lines/1001/remove",
        "/orders/999999/place",
        "/products/999999/name"
      ])
        assert.strictEqual((yield* post(path, { name: "Mine" })).status, 404, path)
      assert.strictEqual((yield* post("/orders/357/lines/1001/quantity", { qty: "1" })).status, 404)
      assert.strictEqual((yield* post("/lines", { product: "999999", qty: "1" })).status, 404)
      assert.strictEqual((yield* post("/sign-in", { buyer: "999999" })).status, 404)
      assert.strictEqual((yield* tracked).length, 0)
    }).pipe(Effect.provide(shop))
  )
})
