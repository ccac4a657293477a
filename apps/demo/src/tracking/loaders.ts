import { Loader } from "@trackmap/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"

/** The transaction that a caller is in, if any: its rows are nobody else's until it commits. */
const transaction = (services: Context.Context<SqlClient.SqlClient>): unknown =>
  Context.getOrUndefined(services, Context.get(services, SqlClient.SqlClient).transactionService)

/** The rows of a table for some ids, in one query however many they are. */
const byId = <Row extends { readonly id: number }>(table: string, row: Schema.Codec<Row, any>) => {
  const load = SqlSchema.findAll({
    Request: Schema.Array(Schema.Int),
    Result: row,
    execute: (ids) =>
      Effect.flatMap(
        SqlClient.SqlClient,
        (sql) => sql`SELECT * FROM ${sql(table)} WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`
      )
  })
  return Loader.byKey({
    name: table,
    load: (ids: ReadonlyArray<number>) => load(ids),
    keyOf: (found) => found.id
  }).pipe(Loader.groupedBy(transaction))
}

export const manufacturers = byId(
  "manufacturers",
  Schema.Struct({ id: Schema.Int, uuid: Schema.String, name: Schema.String, externalID: Schema.String })
)
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
export const retailCompanies = byId("retailCompanies", Schema.Struct({ id: Schema.Int, name: Schema.String }))
