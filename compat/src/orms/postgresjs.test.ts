import { Entity, Loader } from "@trackmap/node"
import postgres from "postgres"
import { assert, it } from "vitest"
import { z } from "zod"
import { common, utcDay } from "./columns.ts"
import { describeOnPostgres, itGives, itNamesWhatIsMissing, itTracks, itValuesDetails } from "./suite.ts"
import { type LineRow, loadedLine, type Manufacturer, type Order, OrderLine, type Product } from "./wholesale.ts"

let sql: postgres.Sql

const connect = async (address: string) => {
  sql = postgres(address)
  return () => sql.end()
}

describeOnPostgres("postgres.js", connect, () => {
  itTracks("with its relations as JSON", OrderLine, async () => {
    const rows = await sql<Array<Entity.Row<typeof OrderLine>>>`
      SELECT l.id, l.qty, to_json(o) AS "order",
        (SELECT to_json(x) FROM (SELECT p.*, to_json(m) AS manufacturer) x) AS product
      FROM "orderLines" l JOIN products p ON p.id = l."productId"
      JOIN manufacturers m ON m.id = p."manufacturerId" JOIN orders o ON o.id = l."orderId"`
    return rows[0]!
  })

  const manufacturers = Loader.byKey({
    load: (ids: ReadonlyArray<number>) =>
      sql<Array<Entity.Row<typeof Manufacturer>>>`SELECT * FROM manufacturers WHERE id IN ${sql(ids)}`,
    keyOf: (row) => row.id
  })
  const products = Loader.byKey({
    load: (ids: ReadonlyArray<number>) =>
      sql<
        Array<Entity.Row<typeof Product> & { manufacturerId: number }>
      >`SELECT * FROM products WHERE id IN ${sql(ids)}`,
    keyOf: (row) => row.id
  })
  const orders = Loader.byKey({
    load: (ids: ReadonlyArray<number>) =>
      sql<Array<Entity.Row<typeof Order>>>`SELECT * FROM orders WHERE id IN ${sql(ids)}`,
    keyOf: (row) => row.id
  })
  const LoadedLine = loadedLine({ manufacturers, products, orders })
  const line = async () => (await sql<Array<LineRow>>`SELECT * FROM "orderLines"`)[0]!
  itTracks("with loaders", LoadedLine, line)

  itNamesWhatIsMissing("and are not in the row", OrderLine, async () => (await line()) as never)

  const details = async (): Promise<any> => (await sql`SELECT * FROM orders`)[0]
  itGives("an int8 and a numeric as strings, and a date as a Date", details, { dueOn: "Date" })
  it("gives a date at midnight in UTC", async () => {
    const { dueOn } = await details()
    assert.strictEqual(dueOn.toISOString(), "2026-03-02T00:00:00.000Z")
  })
  const Details = Entity.make("Order", {
    key: "id",
    attributes: { ...common, reference: z.string(), dueOn: utcDay }
  })
  itValuesDetails(Details, details)
})
