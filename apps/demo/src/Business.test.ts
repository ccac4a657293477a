import { assert, describe, it } from "@effect/vitest"
import { Tracker } from "@trackmap/core"
import { InMemory } from "@trackmap/testing"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import * as Business from "./Business.ts"
import { asBuyer } from "./tracking/actor.ts"
import { plan } from "./tracking/plan.ts"
import * as Wholesale from "./Wholesale.ts"

/** The messages that an effect's acts track. */
const tracked = <A, E>(acts: Effect.Effect<A, E, SqlClient.SqlClient | Tracker.Tracker>) =>
  Effect.gen(function* () {
    const memory = yield* InMemory.make()
    const result = yield* Effect.result(acts).pipe(Effect.provide(Tracker.layer(memory.sink, { plan })))
    return { result, messages: (yield* memory.messages) as ReadonlyArray<Record<string, any>> }
  }).pipe(Effect.provide(Wholesale.layer))

const names = (messages: ReadonlyArray<Record<string, any>>) =>
  messages.map((message) => message["event"] ?? message["type"])

const order = Effect.gen(function* () {
  const buyer = yield* Business.buyer(0)
  const { id } = yield* Business.open(buyer)
  const line = yield* Business.addLine(id, 123, 2)
  return { buyer, id, line }
})

describe("business", () => {
  it.live("tells what happens to an order, each act once", () =>
    Effect.gen(function* () {
      const { messages } = yield* tracked(
        Effect.gen(function* () {
          const { buyer, id, line } = yield* order
          yield* Effect.gen(function* () {
            yield* Business.signIn(buyer)
            yield* Business.changeQty(line.id, 5)
            const other = yield* Business.addLine(id, 123, 1)
            yield* Business.removeLine(other.id)
            yield* Business.place(buyer, id)
            yield* Business.ship(id)
          }).pipe(asBuyer(buyer))
        })
      )
      assert.deepStrictEqual(names(messages), [
        "orderLineAdded",
        "identify",
        "group",
        "orderLineUpdated",
        "orderLineAdded",
        "orderLineRemoved",
        "orderPlaced",
        "orderShipped"
      ])
      const [, identify, group, updated, , , placed, shipped] = messages
      assert.deepInclude(identify, { userId: "0" })
      assert.deepStrictEqual(identify!["traits"], {
        Buyer_id: 0,
        Buyer_name: "Princess Peach",
        Buyer_email: "peach@toadtown.example"
      })
      assert.deepInclude(group, { groupId: "42" })
      assert.deepInclude(updated!["properties"], {
        OrderLine_qty: 5,
        OrderLine_state: "updated",
        OrderLine_changed: ["qty"],
        OrderLine_qty_before: 2,
        Product_sku: "gquack",
        Manufacturer_externalID: "MBroPS"
      })
      assert.deepInclude(placed!["properties"], {
        Order_total: 500_000,
        Order_lines_count: 1,
        Order_lines_qty_sum: 5,
        RetailCompany_name: "Toad Town Hardware",
        Buyer_id: 0
      })
      assert.deepInclude(shipped, { userId: "0" })
      assert.strictEqual(shipped!["context"].groupId, "42")
    })
  )

  it.live("tells of a cancelled order why, and of a price what it was", () =>
    Effect.gen(function* () {
      const { messages } = yield* tracked(
        Effect.gen(function* () {
          const { buyer, id } = yield* order
          yield* Business.place(buyer, id)
          yield* Business.cancel(id, "too late")
          yield* Business.reprice(123, -0.1)
        })
      )
      assert.deepInclude(messages[2]!["properties"], { reason: "too late", Order_total: 200_000 })
      assert.deepInclude(messages[3]!["properties"], { Product_price: 90_000, Product_price_before: 100_000 })
    })
  )

  it.live("refuses what does not go, and then changes and tells nothing", () =>
    Effect.gen(function* () {
      const acts: ReadonlyArray<
        readonly [string, (ids: { id: number; line: number }) => Effect.Effect<unknown, any, any>]
      > = [
        ["add", ({ id }) => Business.addLine(id, 123, 1)],
        ["change", ({ line }) => Business.changeQty(line, 9)],
        ["remove", ({ line }) => Business.removeLine(line)],
        ["place", ({ id }) => Effect.flatMap(Business.buyer(0), (buyer) => Business.place(buyer, id))],
        ["ship", ({ id }) => Business.ship(id)],
        ["cancel", ({ id }) => Business.cancel(id, "by mistake")],
        ["change what is not there", () => Business.changeQty(999_999, 1)],
        ["reprice what is not there", () => Business.reprice(999_999, 0.1)],
        ["be nobody", () => Business.buyer(999_999)]
      ]
      const { messages, result } = yield* tracked(
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          const { buyer, id, line } = yield* order
          yield* Business.place(buyer, id)
          yield* Business.ship(id)
          const state = Effect.all([
            sql`SELECT * FROM orders WHERE id = ${id}`,
            sql`SELECT count(*), sum(qty) FROM orderLines`
          ])
          const before = yield* state
          for (const [name, act] of acts) {
            const error = yield* Effect.flip(act({ id, line: line.id }))
            assert.instanceOf(error, Business.NotPossible, name)
          }
          assert.deepStrictEqual(yield* state, before)
        })
      )
      assert.strictEqual(result._tag, "Success")
      assert.deepStrictEqual(names(messages), ["orderLineAdded", "orderPlaced", "orderShipped"])
    })
  )
})
