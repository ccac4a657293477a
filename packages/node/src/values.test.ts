import * as Effect from "effect/Effect"
import { assert, describe, it } from "vitest"
import { z } from "zod"
import { Entity, EventSink, Message, Receipt, RowError, TrackingMap } from "./index.ts"
import { Unexpected } from "./Unexpected.ts"

const Order = Entity.make("Order", { key: "id", attributes: { id: z.int() } })
const Buyer = Entity.make("Buyer", { key: "id", attributes: { id: z.int(), name: z.string() } })

describe("values", () => {
  it("of rows of several entities are one record", async () => {
    const map = TrackingMap.make(Order, Buyer)
    const values = await TrackingMap.values(map, { Order: { id: 357 }, Buyer: { id: 1, name: "Luigi" } })
    assert.strictEqual(values.Buyer_name satisfies string, "Luigi")
    assert.deepStrictEqual(values, { Order_id: 357, Buyer_id: 1, Buyer_name: "Luigi" })
  })

  it("reject with what is wrong with a row, by its class", async () => {
    const error = await Entity.values(Order, { id: "357" as never }).then(
      () => assert.fail("it does not reject"),
      (error: unknown) => error
    )
    assert.instanceOf(error, RowError.InvalidRow)
  })

  it("reject with Unexpected where something of the service's dies, with what it was as the cause", async () => {
    const died = new Error("nobody foresaw this")
    const Dying = Order.pipe(Entity.computed("dies", z.string(), () => Effect.die(died)))
    const error = await Entity.values(Dying, { id: 357 }).then(
      () => assert.fail("it does not reject"),
      (error: unknown) => error as Unexpected
    )
    assert.instanceOf(error, Unexpected)
    assert.deepStrictEqual([error._tag, error.cause], ["Unexpected", died])
    assert.include(error.message, "See the cause")
  })
})

describe("a platform that knows nothing of stacks", () => {
  it("has the same errors", async () => {
    const { captureStackTrace } = Error
    Error.captureStackTrace = undefined as never
    try {
      const Dying = Order.pipe(Entity.computed("dies", z.string(), () => Effect.die("no")))
      const of = (values: Promise<unknown>) => values.catch((error: RowError.InvalidRow | Unexpected) => error._tag)
      assert.strictEqual(await of(Entity.values(Dying, { id: 357 })), "Unexpected")
      assert.strictEqual(await of(Entity.values(Order, { id: "357" as never })), "InvalidRow")
      assert.strictEqual(new Unexpected({ cause: "no" }).cause, "no")
    } finally {
      Error.captureStackTrace = captureStackTrace
    }
  })
})

describe("messages given to a sink at once", () => {
  const message: Message.Message = {
    type: "track",
    event: "orderPlaced",
    properties: { Order_id: 357 },
    messageId: Message.nextId(Date.now()),
    timestamp: new Date(0).toISOString()
  }

  it("have their receipts", async () => {
    const sink = EventSink.make({ name: "memory", send: async (batch) => batch.map(() => Receipt.delivered) })
    const receipts = await EventSink.deliver(sink, [message])
    assert.deepStrictEqual(
      receipts.map(({ messageId, outcome, sink }) => [messageId, outcome._tag, sink]),
      [[message.messageId, "Delivered", "memory"]]
    )
  })
})
