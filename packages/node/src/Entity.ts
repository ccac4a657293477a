/**
 * One kind of thing, with its attributes and relations: an immutable value that you compose with `pipe`. Resolvers and computed attributes
 * are plain or async functions; describe attributes with any schema library that supports Standard Schema.
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
import * as Callback from "@trackmap/core/Callback"
import * as Core from "@trackmap/core/Entity"
import type * as Context from "effect/Context"
import { standard } from "./internal/log.ts"
import { pending } from "./internal/run.ts"

export * from "@trackmap/core/Entity"
/** The error types that the declarations of your own entities refer to. */
export type { Effect } from "effect/Effect"

/** Rejects entities that need services, which are not available here. */
type NeedsNone<T extends Core.Any> = [Core.Services<T>] extends [never]
  ? unknown
  : {
      readonly [K in `${T["name"]} has resolvers that need Effect services: use Entity.values of @trackmap/core`]: never
    }

/** The entity needs no services: `NeedsNone` refuses one that does. */
const servicesOf = <T extends Core.Any>(): Context.Context<Core.Services<T>> =>
  standard as Context.Context<Core.Services<T>>

/**
 * The flat values of a row and its relations. Rejects with `ResolveFailed` if a resolver rejects, and with `InvalidRow` if a row does not
 * match its schemas.
 */
export const values = <T extends Core.Any>(self: T & NeedsNone<T>, row: Core.Row<T>): Promise<Core.Values<T>> => {
  const { promise, onExit } = pending<Core.Values<T>>()
  Callback.values<T>(self, row, servicesOf<T>(), onExit)
  return promise
}

/** The flat values of many rows, in their order, with one loader call per relation and level. */
export const valuesAll = <T extends Core.Any>(
  self: T & NeedsNone<T>,
  rows: ReadonlyArray<Core.Row<T>>
): Promise<ReadonlyArray<Core.Values<T>>> => {
  const { promise, onExit } = pending<ReadonlyArray<Core.Values<T>>>()
  Callback.valuesAll<T>(self, rows, servicesOf<T>(), onExit)
  return promise
}
