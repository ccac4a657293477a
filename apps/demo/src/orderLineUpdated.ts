import { Entity } from "@trackmap/core"
import { SqliteClient } from "@trackmap/outbox"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as OrderLines from "./OrderLines.ts"
import { OrderLine } from "./tracking/map.ts"

/** The event of an updated order line, and the number of queries it took, including the line's own. */
export const orderLineUpdated = Effect.fn("orderLineUpdated")(function* (id: number) {
  const before = yield* Metric.value(SqliteClient.statements)
  const line = yield* OrderLines.get(id)
  const values = yield* Entity.values(OrderLine, line)
  const after = yield* Metric.value(SqliteClient.statements)
  return { event: { action: "orderLineUpdated", ...values }, queries: after.count - before.count }
})
