/**
 * What is tracked about one kind of thing, and what it is related to: an immutable value, composed with `pipe`. Resolvers and computed
 * attributes are plain or async functions, attributes are those of any schema library that speaks Standard Schema.
 *
 * @example
 * ```ts
 * import { Entity } from "@trackmap/node"
 * import { z } from "zod"
 *
 * const Product = Entity.make("Product", { key: "id", attributes: { id: z.int(), name: z.string() } })
 * const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: z.int(), qty: z.int() } }).pipe(
 *   Entity.one("product", Product, async (line: { readonly productId: number }) => ({ id: line.productId, name: "Duck Tape" }))
 * )
 * console.log(await Entity.values(OrderLine, { id: 1001, qty: 3, productId: 123 }))
 * // { OrderLine_id: 1001, OrderLine_qty: 3, Product_id: 123, Product_name: "Duck Tape" }
 * ```
 *
 * @module
 */
import * as Core from "@trackmap/core/Entity"
import { run } from "./internal/run.ts"

export * from "@trackmap/core/Entity"

/** What an entity must not need where no services are at hand. */
type NeedsNone<T extends Core.Any> = [Core.Services<T>] extends [never]
  ? unknown
  : {
      readonly [
        K in `${T["name"]} has resolvers that need services of Effect's: give its values with @trackmap/core`
      ]: never
    }

/**
 * The flat record of a row, with its relations. Rejects with what its resolvers fail with: `ResolveFailed` where one rejects, `InvalidRow`
 * for a row that is not what the schemas ask for.
 */
export const values = <T extends Core.Any>(self: T & NeedsNone<T>, row: Core.Row<T>): Promise<Core.Values<T>> =>
  run(Core.values<T>(self, row))

/** The flat records of many rows, in their order: one loader call for a relation and a level. */
export const valuesAll = <T extends Core.Any>(
  self: T & NeedsNone<T>,
  rows: ReadonlyArray<Core.Row<T>>
): Promise<ReadonlyArray<Core.Values<T>>> => run(Core.valuesAll<T>(self, rows))
