/** The events that the warehouses get: the example's line of an order, with its product, manufacturer and order. */
import { Message, Plan, TrackedEvent } from "@trackmap/core"
import * as Schema from "effect/Schema"

export const plan = Plan.make(
  TrackedEvent.make("orderLineUpdated", {
    properties: {
      OrderLine_id: Schema.Int,
      OrderLine_qty: Schema.Int,
      OrderLine_price: Schema.Finite,
      Product_id: Schema.Int,
      Product_name: Schema.String,
      Product_price: Schema.Finite,
      Product_sku: Schema.String,
      Manufacturer_id: Schema.Int,
      Manufacturer_uuid: Schema.String,
      Manufacturer_name: Schema.String,
      Order_id: Schema.Int,
      Order_uuid: Schema.String,
      Order_total: Schema.Finite,
      Order_paid: Schema.Boolean
    }
  })
)

const hex = (id: number): string => id.toString(16).padStart(12, "0")

/** A message with the values of a number. */
export const message = (id: number): Message.Track => ({
  type: "track",
  event: "orderLineUpdated",
  userId: `user-${id % 1_000}`,
  anonymousId: `anonymous-${id % 2_000}`,
  messageId: `0197c2d1-7c00-7000-8000-${hex(id)}`,
  timestamp: new Date(1_767_225_600_000 + id).toISOString(),
  context: { groupId: `group-${id % 50}`, ip: "203.0.113.7" },
  properties: {
    OrderLine_id: id,
    OrderLine_qty: id % 100,
    OrderLine_price: (id % 10_000) / 100,
    Product_id: id % 500,
    Product_name: `Rubber Duck "Deluxe" ${id % 500}`,
    Product_price: (id % 500) + 0.99,
    Product_sku: `SKU-${id % 500}`,
    Manufacturer_id: id % 20,
    Manufacturer_uuid: `f81d4fae-7dec-11d0-a765-${hex(id % 20)}`,
    Manufacturer_name: `Bath & Sons ${id % 20}`,
    Order_id: id >> 2,
    Order_uuid: `2500b32e-7c1b-11e2-830a-${hex(id >> 2)}`,
    Order_total: id % 7_000,
    Order_paid: id % 3 === 0
  }
})

/** The events from one number to another, without the latter. They have their JSON, which a tracker writes before a sink gets them. */
export const messages = (from: number, to: number): ReadonlyArray<Message.Track> => {
  const all = Array.from({ length: to - from }, (_, at) => message(from + at))
  for (const one of all) Message.byteLength(one)
  return all
}
