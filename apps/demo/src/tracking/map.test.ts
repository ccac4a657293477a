import { assert, describe, it } from "@effect/vitest"
import { Entity, TrackingMap } from "@trackmap/core"
import { SqliteClient } from "@trackmap/outbox"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as SqlClient from "effect/sql/SqlClient"
import * as Wholesale from "../Wholesale.ts"
import { map, OrderLine } from "./map.ts"

interface LineRow {
  readonly id: number
  readonly qty: number
  readonly productId: number
  readonly orderId: number
}

/** How many statements an effect runs. */
const counted = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const before = yield* Metric.value(SqliteClient.statements)
  const result = yield* effect
  return [result, (yield* Metric.value(SqliteClient.statements)).count - before.count] as const
})

describe("the wholesale company's tracking map", () => {
  it.effect("values every order line there is with three queries, as a join does", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const lines = yield* sql<LineRow>`SELECT * FROM orderLines ORDER BY id`
      const [values, queries] = yield* counted(Entity.valuesAll(OrderLine, lines))
      assert.deepStrictEqual([lines.length, queries], [Wholesale.counts.orderLines, 3])
      const joined = yield* sql`
        SELECT l.id AS OrderLine_id, l.qty AS OrderLine_qty, p.id AS Product_id, p.name AS Product_name, p.price AS Product_price,
          p.sku AS Product_sku, o.id AS Order_id, o.uuid AS Order_uuid, o.total AS Order_total, m.id AS Manufacturer_id,
          m.uuid AS Manufacturer_uuid, m.name AS Manufacturer_name, m.externalID AS Manufacturer_externalID
        FROM orderLines l JOIN products p ON p.id = l.productId JOIN orders o ON o.id = l.orderId
          JOIN manufacturers m ON m.id = p.manufacturerId
        ORDER BY l.id`
      assert.strictEqual(JSON.stringify(values), JSON.stringify(joined))
    }).pipe(Effect.provide(Wholesale.layer))
  )

  it.effect("has the retail company, for other events", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [order] = yield* sql<{
        readonly id: number
        readonly uuid: string
        readonly total: number
        readonly status: "shipped"
        readonly retailCompanyId: number
      }>`SELECT * FROM orders WHERE id = 357`
      assert.deepStrictEqual(yield* TrackingMap.values(map, { Order: order! }), {
        Order_id: 357,
        Order_uuid: "2500b32e-7c1b-11e2-830a-70cd60f2c980",
        Order_total: 714328,
        Order_status: "shipped",
        RetailCompany_id: 42,
        RetailCompany_name: "Toad Town Hardware"
      })
    }).pipe(Effect.provide(Wholesale.layer))
  )

  it.live("never shows a transaction's rows to those outside of it, nor waits for its end", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [line] = yield* sql<LineRow>`SELECT * FROM orderLines WHERE id = 1001`
      const renamed = sql.withTransaction(
        Effect.gen(function* () {
          yield* sql`UPDATE products SET name = 'Uncommitted' WHERE id = 123`
          const inside = yield* Entity.values(OrderLine, line!)
          return yield* Effect.fail(inside.Product_name)
        })
      )
      for (let i = 0; i < 20; i++) {
        const [inside, outside] = yield* Effect.all([Effect.flip(renamed), Entity.values(OrderLine, line!)], {
          concurrency: 2
        })
        assert.deepStrictEqual([inside, outside.Product_name], ["Uncommitted", "Gold Plated Duck Tape"])
      }
    }).pipe(Effect.provide(Wholesale.layer))
  )

  it.live("never values a row with those of another database, though both are asked at the same time", () =>
    Effect.gen(function* () {
      const renamed = (name: string) =>
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          const [line] = yield* sql<LineRow>`SELECT * FROM orderLines WHERE id = 1001`
          yield* sql`UPDATE products SET name = ${name} WHERE id = 123`
          return (yield* Entity.values(OrderLine, line!)).Product_name
        }).pipe(Effect.provide(Wholesale.layer))
      const names = yield* Effect.all([renamed("One"), renamed("Another")], { concurrency: 2 })
      assert.deepStrictEqual(names, ["One", "Another"])
    })
  )
})
