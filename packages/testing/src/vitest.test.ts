import { Actor, Entity, EventSink, TrackedEvent, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { InMemory } from "./index.ts"
import "./vitest.ts"

const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
const OrderLine = Entity.make("OrderLine", {
  key: "id",
  attributes: { id: Schema.Int, qty: Schema.Int, at: Schema.optionalKey(Schema.Date) }
}).pipe(
  Entity.one(
    "product",
    Product,
    (line: { readonly product: { readonly id: number; readonly name: string } }) => line.product
  )
)
const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", {
  entities: { orderLine: OrderLine },
  properties: { action: Schema.Literals(["add", "update"]), tags: Schema.Array(Schema.String) }
})
const SignedOut = TrackedEvent.make("signedOut")

const update = (qty: number, tags: ReadonlyArray<string> = []) =>
  Tracker.track(
    OrderLineUpdated,
    {
      orderLine: { id: 1001, qty, product: { id: 123, name: "Gold Plated Duck Tape" } },
      properties: { action: "update", tags }
    },
    { messageId: `line-${qty}` }
  )

const after = async (program: Effect.Effect<unknown, never, Tracker.Tracker>) => {
  const memory = InMemory.makeUnsafe()
  await Effect.runPromise(Effect.andThen(program, Tracker.flush).pipe(Effect.provide(Tracker.layer(memory.sink))))
  return memory
}
const messageOf = (assertion: () => void): string => {
  try {
    assertion()
  } catch (error) {
    return (error as Error).message
  }
  return "it passed"
}

describe("toHaveTracked", () => {
  it("finds an event by any of its flat values, with asymmetric matchers too", async () => {
    const memory = await after(update(3, ["a", "b"]))
    expect(memory).toHaveTracked(OrderLineUpdated)
    expect(memory).toHaveTracked(OrderLineUpdated, { OrderLine_qty: 3, Product_name: "Gold Plated Duck Tape" })
    expect(memory).toHaveTracked(OrderLineUpdated, { action: "update", Product_id: expect.any(Number) })
    expect(memory).toHaveTracked(OrderLineUpdated, { tags: expect.arrayContaining(["b"]), OrderLine_at: undefined })
    expect(memory.sink).toHaveTracked(OrderLineUpdated, { tags: ["a", "b"] })
    expect(memory).not.toHaveTracked(OrderLineUpdated, { OrderLine_qty: 4 })
    expect(memory).not.toHaveTracked(SignedOut)
  })

  it("knows the event's keys and their types", async () => {
    const memory = await after(update(3))
    // @ts-expect-error: it is a number
    expect(memory).not.toHaveTracked(OrderLineUpdated, { OrderLine_qty: "3" })
    // @ts-expect-error: it is one of two words
    expect(memory).not.toHaveTracked(OrderLineUpdated, { action: "remove" })
    // @ts-expect-error: there is no such key
    expect(memory).not.toHaveTracked(OrderLineUpdated, { OrderLine_quantity: 3 })
    // @ts-expect-error: the event has no keys
    expect(memory).not.toHaveTracked(SignedOut, { a: 1 })
  })

  it("lists what arrived, and how the nearest differs", async () => {
    const memory = await after(
      Effect.all([update(3), update(4), Tracker.track(SignedOut, {}), Tracker.page("Home"), Tracker.screen(undefined)])
    )
    const expected = { OrderLine_qty: 4, Product_id: 124, OrderLine_at: "2026-01-01T00:00:00.000Z" }
    expect(messageOf(() => expect(memory).toHaveTracked(OrderLineUpdated, expected))).toBe(
      `
expected the sink to have tracked orderLineUpdated with {"OrderLine_at": "2026-01-01T00:00:00.000Z", "OrderLine_qty": 4, "Product_id": 124}
the nearest message, line-4, differs in
  Product_id: expected 124, got 123
  OrderLine_at: expected "2026-01-01T00:00:00.000Z", got none
these arrived: orderLineUpdated (2 times), signedOut, page Home, screen without a name`.slice(1)
    )
    expect(messageOf(() => expect(memory).not.toHaveTracked(OrderLineUpdated, { OrderLine_qty: 3 }))).toMatch(
      /^expected the sink not to have tracked orderLineUpdated with \{"OrderLine_qty": 3\}\nbut it has once: .*line-3/s
    )
    expect(messageOf(() => expect(InMemory.makeUnsafe()).toHaveTracked(SignedOut))).toBe(
      "expected the sink to have tracked signedOut\nnothing arrived"
    )
  })

  it("takes a sink in memory and nothing else", async () => {
    const memory = await after(update(3))
    for (const given of [undefined, [], EventSink.filter(memory.sink, () => true)]) {
      expect(messageOf(() => expect(given).toHaveTracked(SignedOut))).toContain("needs the result of InMemory.make")
    }
  })

  it("takes a key that every object inherits for one that is not there", async () => {
    const memory = await after(Tracker.track(SignedOut, {}))
    expect(memory).toHaveTracked(SignedOut, { toString: undefined } as {})
  })
})

describe("toHaveTrackedTimes", () => {
  it("counts", async () => {
    const memory = await after(Effect.all([update(3), update(4), update(4)]))
    expect(memory).toHaveTrackedTimes(OrderLineUpdated, 3)
    expect(memory).toHaveTrackedTimes(OrderLineUpdated, 2, { OrderLine_qty: 4 })
    expect(memory).toHaveTrackedTimes(SignedOut, 0)
    expect(memory).not.toHaveTrackedTimes(OrderLineUpdated, 1)
    const failure = messageOf(() => expect(memory).toHaveTrackedTimes(OrderLineUpdated, 2, { OrderLine_qty: 3 }))
    expect(failure).toContain(`with {"OrderLine_qty": 3} 2 times\nbut it has once: `)
    expect(failure).toContain("OrderLine_qty: expected 3, got 4")
  })
})

describe("toHaveIdentified and toHaveGrouped", () => {
  it("look at who, and at traits", async () => {
    const memory = await after(
      Effect.all([
        Tracker.identify({ plan: "pro" }).pipe(Actor.as({ userId: "user-1" })),
        Tracker.identify({}).pipe(Actor.as({ anonymousId: "anonymous-1" })),
        Tracker.identify({}),
        Tracker.group("group-1", { seats: 3 }),
        Tracker.alias("user-0")
      ])
    )
    expect(memory).toHaveIdentified("user-1")
    expect(memory).toHaveIdentified("user-1", { plan: "pro" })
    expect(memory).not.toHaveIdentified("user-1", { plan: "free" })
    expect(memory).toHaveGrouped("group-1")
    expect(memory).toHaveGrouped("group-1", { seats: expect.any(Number) })
    expect(messageOf(() => expect(memory).toHaveIdentified("user-2"))).toBe(
      "expected the sink to have identified user-2\n" +
        "these arrived: identify of user-1, identify of anonymous-1, identify of nobody, group group-1, alias of user-0"
    )
    expect(messageOf(() => expect(memory).toHaveGrouped("group-1", { seats: 4 }))).toContain("seats: expected 4, got 3")
    expect(messageOf(() => expect(memory).toHaveGrouped("group-2"))).toContain("to have grouped group-2")
  })
})

describe("InMemory.layer", () => {
  it("is a tracker and its sink", async () => {
    const memory = await Effect.runPromise(
      Effect.andThen(Effect.andThen(update(3), Tracker.flush), InMemory.InMemory).pipe(
        Effect.provide(InMemory.layer({ name: "test", capacity: 10 }))
      )
    )
    expect(memory).toHaveTracked(OrderLineUpdated)
    expect(memory.sink.names).toEqual(["test"])
  })
})
