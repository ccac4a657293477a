import { Entity, Loader } from "@trackmap/node"
import { Pool } from "pg"
import { assert, it } from "vitest"
import { z } from "zod"
import { common, localDay } from "./columns.ts"
import { describeOnPostgres, itGives, itNamesWhatIsMissing, itTracks, itValuesDetails } from "./suite.ts"
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

  // Plain rows: loaders read the related rows.
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
  itGives("an int8 and a numeric as strings, and a date as a Date", details, { dueOn: "Date" })
  it("gives a date at midnight where the service runs", async () => {
    const { dueOn } = await details()
    assert.strictEqual(dueOn.toISOString(), "2026-03-01T23:00:00.000Z")
  })
  const Details = Entity.make("Order", {
    key: "id",
    attributes: { ...common, reference: z.string(), dueOn: localDay }
  })
  itValuesDetails(Details, details)
})
