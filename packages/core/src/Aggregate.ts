/**
 * What an event carries of a to-many relation. `Entity.many` asks for at least one.
 *
 * For the relation `lines` of `Order`:
 *
 * | aggregate | keys |
 * |---|---|
 * | `list({ max })` | `Order_lines`, `Order_lines_truncated` |
 * | `count` | `Order_lines_count` |
 * | `keys` | `Order_lines_keys` |
 * | `sum("qty")` | `Order_lines_qty_sum` |
 * | `min("qty")`, `max("qty")` | `Order_lines_qty_min`, `Order_lines_qty_max`; absent where there are no rows |
 * | `first` | `Order_lines_first`; absent where there are no rows |
 *
 * @module
 */

/** The first rows, each with its own relations, and whether there were more. */
export interface List {
  readonly _tag: "List"
  readonly max: number
}
/** How many rows there are. */
export interface Count {
  readonly _tag: "Count"
}
/** The key of each row, in the resolver's order. */
export interface Keys {
  readonly _tag: "Keys"
}
/** The first row in the resolver's order, with its own relations. */
export interface First {
  readonly _tag: "First"
}
/** The sum of a numeric attribute; 0 where there are no rows. */
export interface Sum<Attribute extends string> {
  readonly _tag: "Sum"
  readonly attribute: Attribute
}
/** The smallest value of a numeric attribute. */
export interface Min<Attribute extends string> {
  readonly _tag: "Min"
  readonly attribute: Attribute
}
/** The largest value of a numeric attribute. */
export interface Max<Attribute extends string> {
  readonly _tag: "Max"
  readonly attribute: Attribute
}
/** Any aggregate of rows whose numeric attributes are `Attribute`. */
export type Aggregate<Attribute extends string = string> =
  | List
  | Count
  | Keys
  | First
  | Sum<Attribute>
  | Min<Attribute>
  | Max<Attribute>

/**
 * The first `max` rows as nested records. `max` is a positive whole number of rows: a vendor's limit is per event, so every list has one.
 *
 * @example
 * ```ts
 * import { Aggregate, Entity } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })
 * const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
 *   Entity.many(
 *     "lines",
 *     Line,
 *     (order: { readonly lines: ReadonlyArray<{ readonly id: number; readonly qty: number }> }) => order.lines,
 *     Aggregate.list({ max: 1 }),
 *     Aggregate.count,
 *     Aggregate.sum("qty")
 *   )
 * )
 * const lines = [{ id: 1, qty: 3 }, { id: 2, qty: 4 }]
 * console.log(Entity.valuesSync(Order, { id: 7, lines }))
 * // { Order_id: 7, Order_lines: [ { Line_id: 1, Line_qty: 3 } ], Order_lines_truncated: true, Order_lines_count: 2, Order_lines_qty_sum: 7 }
 * ```
 */
export const list = (options: { readonly max: number }): List => ({ _tag: "List", max: options.max })

/** How many rows there are. Resolves the relation, and nothing of its rows. */
export const count: Count = { _tag: "Count" }

/** The key of each row. */
export const keys: Keys = { _tag: "Keys" }

/** The first row, as a nested record. */
export const first: First = { _tag: "First" }

/** The sum of a numeric attribute. Rows that have no value for an optional attribute count for nothing. */
export const sum = <const Attribute extends string>(attribute: Attribute): Sum<Attribute> => ({
  _tag: "Sum",
  attribute
})

/** The smallest value of a numeric attribute. */
export const min = <const Attribute extends string>(attribute: Attribute): Min<Attribute> => ({
  _tag: "Min",
  attribute
})

/** The largest value of a numeric attribute. */
export const max = <const Attribute extends string>(attribute: Attribute): Max<Attribute> => ({
  _tag: "Max",
  attribute
})
