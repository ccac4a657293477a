import * as PgClient from "@effect/sql-pg/PgClient"
import { Entity, Loader } from "@trackmap/node"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import { describeOnPostgres, itGives, itNamesWhatIsMissing, itTracks, itValuesDetails } from "./suite.ts"
import { type LineRow, loadedLine, type Manufacturer, type Order, OrderLine, type Product } from "./wholesale.ts"

let runtime: ManagedRuntime.ManagedRuntime<SqlClient.SqlClient | PgClient.PgClient, unknown>

const connect = async (address: string) => {
  runtime = ManagedRuntime.make(PgClient.layer({ url: Redacted.make(address) }))
  return () => runtime.dispose()
}

describeOnPostgres("effect/sql", connect, () => {
  const query = <Row>(run: (sql: SqlClient.SqlClient) => Effect.Effect<ReadonlyArray<unknown>, unknown>) =>
    runtime.runPromise(Effect.flatMap(SqlClient.SqlClient, run)) as Promise<ReadonlyArray<Row>>

  itTracks("with its relations as JSON", OrderLine, async () => {
    const rows = await query<Entity.Row<typeof OrderLine>>(
      (sql) => sql`
      SELECT l.id, l.qty, to_json(o) AS "order",
        (SELECT to_json(x) FROM (SELECT p.*, to_json(m) AS manufacturer) x) AS product
      FROM "orderLines" l JOIN products p ON p.id = l."productId"
      JOIN manufacturers m ON m.id = p."manufacturerId" JOIN orders o ON o.id = l."orderId"`
    )
    return rows[0]!
  })

  const manufacturers = Loader.byKey({
    load: (ids: ReadonlyArray<number>) =>
      query<Entity.Row<typeof Manufacturer>>((sql) => sql`SELECT * FROM manufacturers WHERE ${sql.in("id", ids)}`),
    keyOf: (row) => row.id
  })
  const products = Loader.byKey({
    load: (ids: ReadonlyArray<number>) =>
      query<Entity.Row<typeof Product> & { manufacturerId: number }>(
        (sql) => sql`SELECT * FROM products WHERE ${sql.in("id", ids)}`
      ),
    keyOf: (row) => row.id
  })
  const orders = Loader.byKey({
    load: (ids: ReadonlyArray<number>) =>
      query<Entity.Row<typeof Order>>((sql) => sql`SELECT id, uuid, total FROM orders WHERE ${sql.in("id", ids)}`),
    keyOf: (row) => row.id
  })
  const LoadedLine = loadedLine({ manufacturers, products, orders })
  const line = async () => (await query<LineRow>((sql) => sql`SELECT * FROM "orderLines"`))[0]!
  itTracks("with loaders", LoadedLine, line)
  itNamesWhatIsMissing("and are not in the row", OrderLine, async () => (await line()) as never)

  const details = async () => (await query<any>((sql) => sql`SELECT * FROM orders`))[0]
  itGives("an int8 as a bigint, a numeric and a date as strings", details, { reference: "bigint" })
  const Details = Entity.make("Order", {
    key: "id",
    attributes: {
      id: Schema.Int,
      reference: Schema.BigInt,
      weight: Schema.String,
      placedAt: Schema.Date,
      dueOn: Schema.String,
      status: Schema.Literals(["open", "placed"]),
      meta: Schema.Struct({ gift: Schema.Boolean, tags: Schema.Array(Schema.String) })
    }
  })
  itValuesDetails(Details, details)
})
