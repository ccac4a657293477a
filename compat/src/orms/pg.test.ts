import { Entity, Loader } from "@trackmap/node"
import { Pool } from "pg"
import { assert, it } from "vitest"
import { z } from "zod"
import { instant, localDay, meta, status } from "./columns.ts"
import { describeOnPostgres, itNamesWhatIsMissing, itTracks, itValuesDetails, kindOf } from "./suite.ts"
import { type LineRow, loadedLine, type Manufacturer, type Order, OrderLine, type Product } from "./wholesale.ts"

let pool: Pool

const connect = async (address: string) => {
  pool = new Pool({ connectionString: address })
  return () => pool.end()
}

describeOnPostgres("pg", connect, () => {
  // A query that returns the related rows as JSON.
  const nested = `
    SELECT l.id, l.qty, to_json(o) AS "order",
      (SELECT to_json(x) FROM (SELECT p.*, to_json(m) AS manufacturer) x) AS product
    FROM "orderLines" l
    JOIN products p ON p.id = l."productId" JOIN manufacturers m ON m.id = p."manufacturerId" JOIN orders o ON o.id = l."orderId"`
  itTracks("with its relations as JSON", OrderLine, async () => (await pool.query(nested)).rows[0])

  // Rows alone: loaders read what they refer to.
  const manufacturers = Loader.byKey({
    load: async (ids: ReadonlyArray<number>) =>
      (await pool.query<Entity.Row<typeof Manufacturer>>("SELECT * FROM manufacturers WHERE id = ANY($1)", [ids])).rows,
    keyOf: (row) => row.id
  })
  const products = Loader.byKey({
    load: async (ids: ReadonlyArray<number>) =>
      (
        await pool.query<Entity.Row<typeof Product> & { manufacturerId: number }>(
          "SELECT * FROM products WHERE id = ANY($1)",
          [ids]
        )
      ).rows,
    keyOf: (row) => row.id
  })
  const orders = Loader.byKey({
    load: async (ids: ReadonlyArray<number>) =>
      (await pool.query<Entity.Row<typeof Order>>("SELECT * FROM orders WHERE id = ANY($1)", [ids])).rows,
    keyOf: (row) => row.id
  })
  const LoadedLine = loadedLine({ manufacturers, products, orders })
  const line = async () => (await pool.query<LineRow>(`SELECT * FROM "orderLines"`)).rows[0]!
  itTracks("with loaders", LoadedLine, line)

  itNamesWhatIsMissing("and are not in the row", OrderLine, async () => (await line()) as never)

  const details = async () => (await pool.query("SELECT * FROM orders")).rows[0]
  it("gives an int8 and a numeric as strings, and a date as a Date at midnight here", async () => {
    const { dueOn, meta, placedAt, reference, status, weight } = await details()
    assert.deepStrictEqual([reference, weight, placedAt, dueOn, status, meta].map(kindOf), [
      "string",
      "string",
      "Date",
      "Date",
      "string",
      "Object"
    ])
    assert.strictEqual(dueOn.toISOString(), "2026-03-01T23:00:00.000Z")
  })
  const Details = Entity.make("Order", {
    key: "id",
    attributes: {
      id: z.int(),
      reference: z.string(),
      weight: z.string(),
      placedAt: instant,
      dueOn: localDay,
      status,
      meta
    }
  })
  itValuesDetails(Details, details)
})
