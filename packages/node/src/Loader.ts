/**
 * A loader is a batch function with the key of its rows. A relation that uses a loader is data, not a closure: rows that are valued
 * together, or in calls at the same time, share calls, and each call has every key once.
 *
 * @example
 * ```ts
 * import { Loader } from "@trackmap/node"
 *
 * interface Product {
 *   readonly id: number
 *   readonly price: number
 * }
 * const table = new Map<number, Product>([[123, { id: 123, price: 100000 }]])
 *
 * const products = Loader.byKey({
 *   name: "products",
 *   load: async (ids: Array<number>) => ids.flatMap((id) => table.get(id) ?? []),
 *   keyOf: (product) => product.id
 * }).pipe(Loader.cached({ capacity: 10_000, timeToLive: "1 minute" }))
 *
 * export const setPrice = (id: number, price: number): void => {
 *   table.set(id, { id, price })
 *   Loader.clear(products, id)
 * }
 * ```
 *
 * @module
 */
import * as Core from "@trackmap/core/Loader"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"

export * from "@trackmap/core/Loader"

/**
 * Forgets the row of a key in a loader's cache, after the service has changed it. The cache ignores the result of a call that is already in
 * progress, and later callers do not join that call. Pass the loader that `cached` returned.
 */
export const clear: {
  <Key>(key: Key): <A, Missing, E, R>(self: Core.Loader<Key, A, Missing, E, R>) => void
  <Key, A, Missing, E, R>(self: Core.Loader<Key, A, Missing, E, R>, key: NoInfer<Key>): void
} = dual(2, <Key>(self: Core.Loader<Key, unknown, unknown, unknown, unknown>, key: NoInfer<Key>): void =>
  Effect.runSync(Core.clear(self, key))
)

/** Forgets all rows of a loader's cache. Pass the loader that `cached` returned. */
export const clearAll = <Key, A, Missing, E, R>(self: Core.Loader<Key, A, Missing, E, R>): void =>
  Effect.runSync(Core.clearAll(self))

/**
 * Adds a row that the service already has to a loader's cache, or the rows of a key with `byForeignKey`. A cached row stays: to replace it,
 * `clear` its key first. Pass the loader that `cached` returned.
 */
export const prime: {
  <Key, A>(key: Key, row: A): <Missing, E>(self: Core.Loader<Key, A, Missing, E>) => void
  <Key, A, Missing, E>(self: Core.Loader<Key, A, Missing, E>, key: NoInfer<Key>, row: NoInfer<A>): void
} = dual(3, <Key, A>(self: Core.Loader<Key, A, unknown, unknown>, key: NoInfer<Key>, row: NoInfer<A>): void =>
  Effect.runSync(Core.prime(self, key, row))
)
