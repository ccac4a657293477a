import { Entity } from "@trackmap/node"
import { type ColumnType, type Generated, Kysely, PostgresDialect } from "kysely"
import { jsonObjectFrom } from "kysely/helpers/postgres"
import { Pool } from "pg"
import { z } from "zod"
import { common, localDay } from "./columns.ts"
import { describeOnPostgres, itGives, itNamesWhatIsMissing, itTracks, itValuesDetails } from "./suite.ts"
import { OrderLine } from "./wholesale.ts"

/** The tables, with the types that pg returns. */
interface Tables {
  manufacturers: { id: Generated<number>; uuid: string; name: string; externalID: string }
  products: { id: Generated<number>; name: string; price: number; sku: string; manufacturerId: number }
  orders: {
    id: Generated<number>
    uuid: string
    total: number
    reference: ColumnType<string, string | bigint, string | bigint>
    weight: ColumnType<string, string | number, string | number>
    placedAt: Date
    dueOn: Date
    status: "open" | "placed"
    meta: { gift: boolean; tags: Array<string> }
  }
  orderLines: { id: Generated<number>; qty: number; productId: number; orderId: number }
}

let db: Kysely<Tables>

const connect = async (address: string) => {
  db = new Kysely({ dialect: new PostgresDialect({ pool: new Pool({ connectionString: address }) }) })
  return () => db.destroy()
}

describeOnPostgres("Kysely", connect, () => {
  const related = () =>
    db.selectFrom("orderLines").select((line) => [
      "orderLines.id",
      "qty",
      jsonObjectFrom(
        line
          .selectFrom("products")
          .select((product) => [
            "products.id",
            "name",
            "price",
            "sku",
            jsonObjectFrom(
              product
                .selectFrom("manufacturers")
                .select(["id", "uuid", "name", "externalID"])
                .whereRef("manufacturers.id", "=", "products.manufacturerId")
            )
              .$notNull()
              .as("manufacturer")
          ])
          .whereRef("products.id", "=", "orderLines.productId")
      )
        .$notNull()
        .as("product"),
      jsonObjectFrom(
        line.selectFrom("orders").select(["id", "uuid", "total"]).whereRef("orders.id", "=", "orderLines.orderId")
      )
        .$notNull()
        .as("order")
    ])
  itTracks("with jsonObjectFrom", OrderLine, () => related().executeTakeFirstOrThrow())

  const line = () => db.selectFrom("orderLines").selectAll().executeTakeFirstOrThrow()
  itNamesWhatIsMissing("and are not selected", OrderLine, async () => (await line()) as never)

  const details = () => db.selectFrom("orders").selectAll().executeTakeFirstOrThrow()
  itGives("what pg gives, whatever the interface of its tables says", details, { dueOn: "Date" })
  const Details = Entity.make("Order", {
    key: "id",
    attributes: { ...common, reference: z.string(), dueOn: localDay }
  })
  itValuesDetails(Details, details)
})
