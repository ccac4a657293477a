import { Plan } from "@trackmap/core"
import * as events from "./events.ts"
import { Buyer, RetailCompany } from "./map.ts"

/** All events of the company. */
export const plan = Plan.make(
  events.OrderLineAdded,
  events.OrderLineUpdated,
  events.OrderLineRemoved,
  events.OrderPlaced,
  events.OrderShipped,
  events.OrderCancelled,
  events.ProductRepriced,
  events.ProductRenamed
).pipe(Plan.calls({ identify: Buyer, group: RetailCompany }))
