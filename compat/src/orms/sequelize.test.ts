import { Entity } from "@trackmap/node"
import {
  type BelongsToGetAssociationMixin,
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type NonAttribute,
  Sequelize
} from "sequelize"
import { assert, it } from "vitest"
import { z } from "zod"
import { common, type meta } from "./columns.ts"
import { describeOnPostgres, itGives, itNamesWhatIsMissing, itTracks, itValuesDetails } from "./suite.ts"
import { Line, Manufacturer, Order, OrderLine, Product } from "./wholesale.ts"

/** `declare` leaves the prototype's getters in place, which a class field would hide. */
class ManufacturerModel extends Model<InferAttributes<ManufacturerModel>, InferCreationAttributes<ManufacturerModel>> {
  declare id: CreationOptional<number>
  declare uuid: string
  declare name: string
  declare externalID: string
}
class ProductModel extends Model<InferAttributes<ProductModel>, InferCreationAttributes<ProductModel>> {
  declare id: CreationOptional<number>
  declare name: string
  declare price: number
  declare sku: string
  declare manufacturer: NonAttribute<ManufacturerModel>
  declare getManufacturer: BelongsToGetAssociationMixin<ManufacturerModel>
}
class OrderModel extends Model<InferAttributes<OrderModel>, InferCreationAttributes<OrderModel>> {
  declare id: CreationOptional<number>
  declare uuid: string
  declare total: number
  declare reference: string
  declare weight: string
  declare placedAt: Date
  declare dueOn: string
  declare status: "open" | "placed"
  declare meta: z.infer<typeof meta>
}
class LineModel extends Model<InferAttributes<LineModel>, InferCreationAttributes<LineModel>> {
  declare id: CreationOptional<number>
  declare qty: number
  declare product: NonAttribute<ProductModel>
  declare order: NonAttribute<OrderModel>
  declare getProduct: BelongsToGetAssociationMixin<ProductModel>
  declare getOrder: BelongsToGetAssociationMixin<OrderModel>
}

const id = { type: DataTypes.INTEGER, primaryKey: true }
const define = (sequelize: Sequelize): void => {
  const options = <Name extends string>(tableName: Name) => ({ sequelize, tableName, timestamps: false })
  const { INTEGER, TEXT } = DataTypes
  ManufacturerModel.init({ id, uuid: TEXT, name: TEXT, externalID: TEXT }, options("manufacturers"))
  ProductModel.init({ id, name: TEXT, price: INTEGER, sku: TEXT }, options("products"))
  OrderModel.init(
    {
      id,
      uuid: TEXT,
      total: INTEGER,
      reference: DataTypes.BIGINT,
      weight: DataTypes.DECIMAL(10, 3),
      placedAt: DataTypes.DATE,
      dueOn: DataTypes.DATEONLY,
      status: DataTypes.ENUM("open", "placed"),
      meta: DataTypes.JSONB
    },
    options("orders")
  )
  LineModel.init({ id, qty: INTEGER }, options("orderLines"))
  ProductModel.belongsTo(ManufacturerModel, { as: "manufacturer", foreignKey: "manufacturerId" })
  LineModel.belongsTo(ProductModel, { as: "product", foreignKey: "productId" })
  LineModel.belongsTo(OrderModel, { as: "order", foreignKey: "orderId" })
}

let sequelize: Sequelize

const connect = async (address: string) => {
  sequelize = new Sequelize(address, { logging: false })
  define(sequelize)
  return () => sequelize.close()
}

describeOnPostgres("Sequelize 6", connect, () => {
  const include = [{ association: "product", include: ["manufacturer"] }, "order"]
  itTracks("with include", OrderLine, () => LineModel.findOne({ include, rejectOnEmpty: true }))
  itTracks("as a plain object", OrderLine, async () =>
    (await LineModel.findOne({ include, rejectOnEmpty: true })).toJSON<Entity.Row<typeof OrderLine>>()
  )

  const Lazy = Line.pipe(
    Entity.one(
      "product",
      Product.pipe(Entity.one("manufacturer", Manufacturer, (row: ProductModel) => row.getManufacturer())),
      (row: LineModel) => row.getProduct()
    ),
    Entity.one("order", Order, (row: LineModel) => row.getOrder())
  )
  itTracks("with its getters, a query each", Lazy, () => LineModel.findOne({ rejectOnEmpty: true }))

  itNamesWhatIsMissing("with `include` left out", OrderLine, () => LineModel.findOne({ rejectOnEmpty: true }))

  const details = () => OrderModel.findOne({ rejectOnEmpty: true })
  itGives("an int8, a numeric and a date as strings", details, {})
  it("gives instances whose values are behind getters", async () => {
    assert.notInclude(Object.keys(await details()), "reference")
  })
  const Details = Entity.make("Order", {
    key: "id",
    attributes: { ...common, reference: z.string(), dueOn: z.string() }
  })
  itValuesDetails(Details, details)
})
