/** The example's event, as a service tracks it. */
import * as Entity from "@trackmap/core/Entity"
import * as Plan from "@trackmap/core/Plan"
import * as TrackedEvent from "@trackmap/core/TrackedEvent"
import * as Schema from "effect/Schema"
import * as Wholesale from "../wholesale.ts"
import type { Line } from "./example.ts"

const Product = Wholesale.Product.pipe(
  Entity.one("manufacturer", Wholesale.Manufacturer, (product: Line["product"]) => product.manufacturer)
)
const OrderLine = Wholesale.OrderLine.pipe(
  Entity.one("product", Product, (line: Pick<Line, "product">) => line.product),
  Entity.one("order", Wholesale.Order, (line: Pick<Line, "order">) => line.order)
)

export const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", {
  entities: { orderLine: OrderLine },
  properties: { action: Schema.Literal("orderLineUpdated") }
})
export const plan = Plan.make(OrderLineUpdated)
