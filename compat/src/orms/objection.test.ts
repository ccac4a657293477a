import { Entity } from "@trackmap/node"
import knex, { type Knex } from "knex"
import { Model, type RelationMappings } from "objection"
import { z } from "zod"
import { common, localDay, type meta } from "./columns.ts"
import { describeOnPostgres, itGives, itNamesWhatIsMissing, itTracks, itValuesDetails } from "./suite.ts"
import { OrderLine } from "./wholesale.ts"

class ManufacturerModel extends Model {
  static override tableName = "manufacturers"
  declare id: number
  declare uuid: string
  declare name: string
  declare externalID: string
}
class ProductModel extends Model {
  static override tableName = "products"
  declare id: number
  declare name: string
  declare price: number
  declare sku: string
  declare manufacturerId: number
  declare manufacturer: ManufacturerModel
  static override relationMappings = (): RelationMappings => ({
    manufacturer: {
      relation: Model.BelongsToOneRelation,
      modelClass: ManufacturerModel,
      join: { from: "products.manufacturerId", to: "manufacturers.id" }
    }
  })
}
class OrderModel extends Model {
  static override tableName = "orders"
  declare id: number
  declare uuid: string
  declare total: number
  declare reference: string
  declare weight: string
  declare placedAt: Date
  declare dueOn: Date
  declare status: "open" | "placed"
  declare meta: z.infer<typeof meta>
}
class LineModel extends Model {
  static override tableName = "orderLines"
  declare id: number
  declare qty: number
  declare productId: number
  declare orderId: number
  declare product: ProductModel
  declare order: OrderModel
  static override relationMappings = (): RelationMappings => ({
    product: {
      relation: Model.BelongsToOneRelation,
      modelClass: ProductModel,
      join: { from: "orderLines.productId", to: "products.id" }
    },
    order: {
      relation: Model.BelongsToOneRelation,
      modelClass: OrderModel,
      join: { from: "orderLines.orderId", to: "orders.id" }
    }
  })
}

let db: Knex

const connect = async (address: string) => {
  db = knex({ client: "pg", connection: address })
  Model.knex(db)
  return () => db.destroy()
}

describeOnPostgres("Objection", connect, () => {
  const line = () => LineModel.query().findById(1001).throwIfNotFound()

  itTracks("with withGraphFetched", OrderLine, () => line().withGraphFetched("[product.manufacturer, order]"))
  itTracks("with withGraphJoined", OrderLine, () => line().withGraphJoined("[product.manufacturer, order]"))
  itTracks("fetched afterwards", OrderLine, async () => {
    const row = await line()
    return row.$fetchGraph("[product.manufacturer, order]")
  })

  itNamesWhatIsMissing("and were not fetched", OrderLine, () => line())

  const details = () => OrderModel.query().findById(357).throwIfNotFound()
  itGives("what pg gives, in instances of its model", details, { dueOn: "Date" })
  const Details = Entity.make("Order", {
    key: "id",
    attributes: { ...common, reference: z.string(), dueOn: localDay }
  })
  itValuesDetails(Details, details)
})
