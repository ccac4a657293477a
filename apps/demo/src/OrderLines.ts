import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import * as SqlSchema from "effect/sql/SqlSchema"

/** The requested order line does not exist. */
export class UnknownOrderLine extends Schema.TaggedError<UnknownOrderLine>()("UnknownOrderLine", {
  id: Schema.Int,
  first: Schema.Int,
  last: Schema.Int
}) {
  override get message(): string {
    return `There is no order line ${this.id}. Try --line with a number from ${this.first} to ${this.last}.`
  }
}

export const OrderLineRow = Schema.Struct({
  id: Schema.Int,
  qty: Schema.Int,
  productId: Schema.Int,
  orderId: Schema.Int
})

const find = SqlSchema.findOneOption({
  Request: Schema.Int,
  Result: OrderLineRow,
  execute: (id) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT * FROM orderLines WHERE id = ${id}`)
})

const range = SqlSchema.findOne({
  Request: Schema.Void,
  Result: Schema.Struct({ first: Schema.Int, last: Schema.Int }),
  execute: () =>
    Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT min(id) AS first, max(id) AS last FROM orderLines`)
})

/** The order line with an id, or an error with the valid ids. */
export const get = Effect.fn("OrderLines.get")(function* (id: number) {
  const line = yield* find(id)
  if (Option.isSome(line)) return line.value
  return yield* new UnknownOrderLine({ id, ...(yield* range(undefined)) })
})
