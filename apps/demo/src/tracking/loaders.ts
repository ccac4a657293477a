import { Loader } from "@trackmap/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"

/** The source of a caller's reads: its transaction, whose rows no one else may see before it commits, or its database. */
const readsFrom = (services: Context.Context<SqlClient.SqlClient>): unknown => {
  const client = Context.get(services, SqlClient.SqlClient)
  return Context.getOrUndefined(services, client.transactionService) ?? client
}

/** The rows of a table whose column contains one of the ids, in one query. */
const rowsBy = <Row>(table: string, column: string, row: Schema.Codec<Row, any>) =>
  SqlSchema.findAll({
    Request: Schema.Array(Schema.Int),
    Result: row,
    execute: (ids) =>
      Effect.flatMap(
        SqlClient.SqlClient,
        (sql) =>
          sql`SELECT * FROM ${sql(table)} WHERE ${sql(column)} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`
      )
  })

const byId = <Row extends { readonly id: number }>(table: string, row: Schema.Codec<Row, any>) => {
  const load = rowsBy(table, "id", row)
  return Loader.byKey({
    name: table,
    load: (ids: ReadonlyArray<number>) => load(ids),
    keyOf: (found) => found.id
  }).pipe(Loader.groupedBy(readsFrom))
}

/** For rows that the shop never changes. */
const kept = Loader.cached({ capacity: 10_000, timeToLive: "10 minutes" })

export const manufacturers = byId(
  "manufacturers",
  Schema.Struct({ id: Schema.Int, uuid: Schema.String, name: Schema.String, externalID: Schema.String })
).pipe(kept)
export const products = byId(
  "products",
  Schema.Struct({
    id: Schema.Int,
    name: Schema.String,
    price: Schema.Int,
    sku: Schema.String,
    manufacturerId: Schema.Int
  })
)
export const orders = byId(
  "orders",
  Schema.Struct({ id: Schema.Int, uuid: Schema.String, total: Schema.Int, retailCompanyId: Schema.Int })
)
export const retailCompanies = byId("retailCompanies", Schema.Struct({ id: Schema.Int, name: Schema.String })).pipe(
  kept
)

const loadLines = rowsBy(
  "orderLines",
  "orderId",
  Schema.Struct({ id: Schema.Int, qty: Schema.Int, productId: Schema.Int, orderId: Schema.Int })
)
export const linesOfOrder = Loader.byForeignKey({
  name: "linesOfOrder",
  load: (ids: ReadonlyArray<number>) => loadLines(ids),
  keyOf: (line) => line.orderId
}).pipe(Loader.groupedBy(readsFrom))
