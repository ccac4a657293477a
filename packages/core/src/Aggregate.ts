/**
 * The aggregates of a to-many relation. `Entity.many` needs at least one.
 *
 * For the relation `lines` of `Order`:
 *
 * | aggregate | keys |
 * |---|---|
 * | `list({ max })` | `Order_lines`, `Order_lines_truncated` |
 * | `count` | `Order_lines_count` |
 * | `countDistinct("sku")` | `Order_lines_sku_countDistinct` |
 * | `keys` | `Order_lines_keys` |
 * | `sum("qty")` | `Order_lines_qty_sum` |
 * | `avg("qty")`, `min("qty")`, `max("qty")` | `Order_lines_qty_avg`, `Order_lines_qty_min`, `Order_lines_qty_max`; absent without values |
 * | `first`, `last` | `Order_lines_first`, `Order_lines_last`; absent without rows |
 * | `make("heaviest", …)` | `Order_lines_heaviest` |
 *
 * If an attribute is null or absent, `keys`, `countDistinct`, `sum`, `avg`, `min` and `max` skip the row. An aggregate of an attribute is
 * personal data if the attribute is. Your own aggregate is personal data if any attribute that it reads is. `count`, `countDistinct` and
 * `Order_lines_truncated` never are. In a list, and in a first or last row, each key of the rows is personal or not on its own.
 *
 * @module
 */
import type * as Attribute from "./Attribute.ts"
import type {
  Aggregate,
  Avg,
  Count,
  CountDistinct,
  Custom,
  First,
  Keys,
  Last,
  List,
  Max,
  Min,
  Sum
} from "./internal/definition/aggregates.ts"
import { optionsOf } from "./internal/base/options.ts"

export type { Aggregate, Avg, Count, CountDistinct, Custom, First, Keys, Last, List, Max, Min, Sum }

/**
 * The first `max` rows as nested records. `max` is a positive whole number: vendors limit the size of an event, so every list needs a
 * maximum.
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
export const list = (options: { readonly max: number }): List => ({
  _tag: "List",
  max: optionsOf("Aggregate.list", options, { max: true }).max
})

/** The number of rows. It resolves the relation, but not the rows' own relations. */
export const count: Count = { _tag: "Count" }

/**
 * The number of different values of an attribute. Values are equal if their JSON is.
 *
 * @example
 * ```ts
 * import { Aggregate, Entity } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int, sku: Schema.NullOr(Schema.String), qty: Schema.Int } })
 * const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
 *   Entity.many(
 *     "lines",
 *     Line,
 *     (order: { readonly lines: ReadonlyArray<Entity.Row<typeof Line>> }) => order.lines,
 *     Aggregate.countDistinct("sku"),
 *     Aggregate.avg("qty"),
 *     Aggregate.last
 *   )
 * )
 * const lines = [{ id: 1, sku: "gquack", qty: 3 }, { id: 2, sku: "gquack", qty: 4 }, { id: 3, sku: null, qty: 5 }]
 * console.log(Entity.valuesSync(Order, { id: 7, lines }))
 * // { Order_id: 7, Order_lines_sku_countDistinct: 1, Order_lines_qty_avg: 4, Order_lines_last: { Line_id: 3, Line_sku: null, Line_qty: 5 } }
 * ```
 */
export const countDistinct = <const Attribute extends string>(attribute: Attribute): CountDistinct<Attribute> => ({
  _tag: "CountDistinct",
  attribute
})

/** The key of each row. */
export const keys: Keys = { _tag: "Keys" }

/** The first row, as a nested record. */
export const first: First = { _tag: "First" }

/** The last row, as a nested record. Values this row, and none before it. */
export const last: Last = { _tag: "Last" }

/** The sum of a numeric attribute; 0 without values. */
export const sum = <const Attribute extends string>(attribute: Attribute): Sum<Attribute> => ({
  _tag: "Sum",
  attribute
})

/** The mean of a numeric attribute; absent without values. */
export const avg = <const Attribute extends string>(attribute: Attribute): Avg<Attribute> => ({
  _tag: "Avg",
  attribute
})

/** The smallest value of a numeric attribute; absent without values. */
export const min = <const Attribute extends string>(attribute: Attribute): Min<Attribute> => ({
  _tag: "Min",
  attribute
})

/** The largest value of a numeric attribute; absent without values. */
export const max = <const Attribute extends string>(attribute: Attribute): Max<Attribute> => ({
  _tag: "Max",
  attribute
})

/**
 * Your own aggregate: the schema of its result (an Effect schema or a Standard Schema), the attributes that it reads, and a function
 * of the rows' values. Each row has those attributes as the JSON that an event would carry: a Date is a string, an absent value is
 * undefined. If the schema is optional, the function can return undefined, and the key is absent.
 *
 * If the function throws, or the schema refuses its result, valuing the row fails with an `InvalidRow` whose path ends in the aggregate's
 * name. `Entity.many` throws a `DefinitionError` for a name that vendors refuse, for an attribute that the target does not have, and where
 * another aggregate of the relation has the same name.
 *
 * @example
 * ```ts
 * import { Aggregate, Entity } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const heaviest = Aggregate.make("heaviest", {
 *   schema: Schema.optionalKey(Schema.String),
 *   attributes: ["sku", "grams"],
 *   aggregate: (lines: ReadonlyArray<{ readonly sku: string; readonly grams: number }>) =>
 *     lines.toSorted((a, b) => b.grams - a.grams)[0]?.sku
 * })
 *
 * const Line = Entity.make("Line", { key: "id", attributes: { id: Schema.Int, sku: Schema.String, grams: Schema.Finite } })
 * const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
 *   Entity.many("lines", Line, (order: { readonly lines: ReadonlyArray<Entity.Row<typeof Line>> }) => order.lines, heaviest)
 * )
 * const lines = [{ id: 1, sku: "gquack", grams: 90 }, { id: 2, sku: "anvil", grams: 25000 }]
 * console.log(Entity.valuesSync(Order, { id: 7, lines })) // { Order_id: 7, Order_lines_heaviest: "anvil" }
 * console.log(Entity.valuesSync(Order, { id: 8, lines: [] })) // { Order_id: 8 }
 * ```
 */
export const make = <const Name extends string, S extends Attribute.Any, Row>(
  name: Name,
  options: {
    readonly schema: S & Attribute.IsJson<S>
    readonly attributes: ReadonlyArray<NoInfer<keyof Row & string>>
    readonly aggregate: (rows: ReadonlyArray<Row>) => Result<S>
  }
): Custom<Name, S, Row> => ({
  _tag: "Custom",
  name,
  ...optionsOf("Aggregate.make", options, { schema: true, attributes: true, aggregate: true })
})

/** The result of an aggregate whose schema is `S`. */
export type Result<S extends Attribute.Any> =
  | Attribute.Type<S>
  | (S extends { readonly "~type.optionality": "optional" } ? undefined : never)
