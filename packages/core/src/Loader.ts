/**
 * A loader is a batch function with the key of its rows. A relation that uses a loader is data, not a closure: rows that are valued
 * together, or by many fibers at the same time, share calls, and each call has every key once.
 *
 * @module
 */
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type { Pipeable } from "effect/Pipeable"
import type * as Types from "effect/Types"
import * as internal from "./internal/load/loader.ts"
import { implOf } from "./internal/load/loader.ts"
import type { LoaderImpl, LookupImpl } from "./internal/load/model.ts"
import type { LoadOptions } from "./internal/load/options.ts"
import type { MissingRow, ResolveFailed } from "./RowError.ts"

/** The type identifier of loaders. */
export const TypeId: "~@trackmap/core/Loader" = internal.TypeId
/** The type identifier of lookups. */
export const LookupTypeId: "~@trackmap/core/Loader/Lookup" = internal.LookupTypeId

/** From a `Key` to an `A`, or to `Missing` if there is no row. `E` and `R` are the batch function's errors and services. */
export interface Loader<in Key, out A, out Missing = undefined, out E = never, out R = never> extends Pipeable {
  readonly [TypeId]: {
    readonly _Key: Types.Contravariant<Key>
    readonly _A: Types.Covariant<A>
    readonly _Missing: Types.Covariant<Missing>
    readonly _E: Types.Covariant<E>
    readonly _R: Types.Covariant<R>
  }
}

/** A loader, with the function that reads the key from the row that has the relation. */
export interface Lookup<in Need, out A, out E = never, out R = never> {
  readonly [LookupTypeId]: {
    readonly _Need: Types.Contravariant<Need>
    readonly _A: Types.Covariant<A>
    readonly _E: Types.Covariant<E>
    readonly _R: Types.Covariant<R>
  }
}

export type { LoadOptions }

type AnyLoader = Loader<never, unknown, unknown, unknown, unknown>
/** A loader with the types of its constructor's signature. */
type Made = Loader<any, any, never, any, any>
const faceOf = (impl: LoaderImpl): Made => impl as unknown as Made

/** The result of a batch function: the rows, or a promise or an Effect of them. */
export type Rows<A, E = never, R = never> =
  | Effect.Effect<ReadonlyArray<A>, E, R>
  | PromiseLike<ReadonlyArray<A>>
  | ReadonlyArray<A>

/** The options of a loader. */
export interface Options<Key, Ret extends Rows<unknown, unknown, unknown>> {
  /** Returns the rows of distinct keys, in any order, without those that do not exist. The array is its own. */
  readonly load: (keys: Array<Key>, options: LoadOptions) => Ret
  /** Returns the key of a row, which must be there at once. */
  readonly keyOf: (row: NoInfer<Loaded<Ret>>) => NoInfer<Key>
  /**
   * Identifies a key by a string or a number. Loaders need it for keys that are objects, except dates, UUIDs, MongoDB's ObjectIds, bytes,
   * Temporal's values, and values that implement Effect's `Equal`, which they compare by their value.
   */
  readonly hash?: ((key: NoInfer<Key>) => unknown) | undefined
  /** The loader's name in warnings and errors. */
  readonly name?: string | undefined
}

/** The row type of a batch function's result. */
export type Loaded<Ret> = SuccessOf<Ret> extends ReadonlyArray<infer A> ? A : never
type SuccessOf<Ret> = Ret extends Effect.Effect<infer A, any, any> ? A : Ret extends PromiseLike<infer A> ? A : Ret
type FailureOf<Ret> =
  Ret extends Effect.Effect<any, infer E, any> ? E : Ret extends PromiseLike<any> ? ResolveFailed : never
type ServicesOf<Ret> = Ret extends Effect.Effect<any, any, infer R> ? R : never

/**
 * Loads at most one row per key. A key without a row means that the relation is absent, so its keys are optional. The batch function returns the
 * rows, a promise or an Effect; if a promise rejects, the error is `ResolveFailed`. Rows may come in any order. It logs a warning for a
 * duplicate row (the first one counts), for a row with an unrequested key, and for an Error in place of a row. Throws `DefinitionError` for an
 * invalid option.
 *
 * @example
 * ```ts
 * import { Loader } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * const table = [{ id: 789, name: "Mario Bros Plumbing Supply" }]
 * const manufacturers = Loader.byKey({
 *   load: (ids: ReadonlyArray<number>) => Effect.succeed(table.filter((row) => ids.includes(row.id))),
 *   keyOf: (manufacturer) => manufacturer.id
 * })
 * ```
 */
export const byKey: <Key, Ret extends Rows<unknown, unknown, unknown>>(
  options: Options<Key, Ret>
) => Loader<Key, Loaded<Ret>, undefined, FailureOf<Ret>, ServicesOf<Ret>> = (options: internal.Options): Made =>
  faceOf(internal.byKey(options))

/**
 * Loads many rows per key, in the order of the batch function's result. A key without rows gets an empty list.
 *
 * @example
 * ```ts
 * import { Loader } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * const table = [{ id: 1001, orderId: 357 }, { id: 1002, orderId: 357 }]
 * const linesOfOrder = Loader.byForeignKey({
 *   load: (ids: ReadonlyArray<number>) => Effect.succeed(table.filter((row) => ids.includes(row.orderId))),
 *   keyOf: (line) => line.orderId
 * })
 * ```
 */
export const byForeignKey: <Key, Ret extends Rows<unknown, unknown, unknown>>(
  options: Options<Key, Ret>
) => Loader<Key, ReadonlyArray<Loaded<Ret>>, never, FailureOf<Ret>, ServicesOf<Ret>> = (
  options: internal.Options
): Made => faceOf(internal.byForeignKey(options))

/** Requires a row: a key without a row, or a null or undefined key, fails with `MissingRow`, and the relation's keys are not optional. */
export const required: <Key, A, Missing, E, R>(
  self: Loader<Key, A, Missing, E, R>
) => Loader<Key, A, never, E | MissingRow, R> = (self: AnyLoader): Made =>
  faceOf(internal.required(implOf(self, "required")))

/**
 * Limits a call to `size` keys (a positive whole number). The calls of one batch run with `concurrency` (default: "unbounded"). If a call
 * fails, only the callers of its keys fail.
 */
export const batchN: {
  (
    size: number,
    options?: { readonly concurrency?: number | "unbounded" | undefined }
  ): <Key, A, Missing, E, R>(self: Loader<Key, A, Missing, E, R>) => Loader<Key, A, Missing, E, R>
  <Key, A, Missing, E, R>(
    self: Loader<Key, A, Missing, E, R>,
    size: number,
    options?: { readonly concurrency?: number | "unbounded" | undefined }
  ): Loader<Key, A, Missing, E, R>
} = dual(
  (args) => internal.isLoader(args[0]),
  (self: AnyLoader, size: number, options?: { readonly concurrency?: number | "unbounded" | undefined }): LoaderImpl =>
    internal.batchN(implOf(self, "batchN"), size, options)
)

/**
 * Keeps rows across calls: at most `capacity` keys (it evicts the least recently used), each for `timeToLive`. A caller whose key is already
 * being loaded waits for that call. It does not keep failures and absent rows. The cache belongs to this loader value, and all its callers share
 * it.
 */
export const cached: {
  (options: {
    readonly capacity: number
    readonly timeToLive: Duration.Input
  }): <Key, A, Missing, E, R>(self: Loader<Key, A, Missing, E, R>) => Loader<Key, A, Missing, E, R>
  <Key, A, Missing, E, R>(
    self: Loader<Key, A, Missing, E, R>,
    options: { readonly capacity: number; readonly timeToLive: Duration.Input }
  ): Loader<Key, A, Missing, E, R>
} = dual(
  2,
  (self: AnyLoader, options: { readonly capacity: number; readonly timeToLive: Duration.Input }): LoaderImpl =>
    internal.cached(implOf(self, "cached"), options)
)

/**
 * Forgets the row of a key in a loader's cache, after the service has changed it. The cache ignores the result of a call that is already in
 * progress, and later callers do not join that call. Pass the loader that `cached` returned.
 *
 * @example
 * ```ts
 * import { Loader } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * const products = Loader.byKey({
 *   load: (ids: ReadonlyArray<number>) => Effect.succeed(ids.map((id) => ({ id, price: 1 }))),
 *   keyOf: (product) => product.id
 * }).pipe(Loader.cached({ capacity: 1000, timeToLive: "1 minute" }))
 *
 * export const setPrice = (id: number, price: number) =>
 *   Effect.sync(() => console.log(`UPDATE products SET price = ${price} WHERE id = ${id}`)).pipe(
 *     Effect.andThen(Loader.clear(products, id))
 *   )
 * ```
 */
export const clear: {
  <Key>(key: Key): <A, Missing, E, R>(self: Loader<Key, A, Missing, E, R>) => Effect.Effect<void>
  <Key, A, Missing, E, R>(self: Loader<Key, A, Missing, E, R>, key: NoInfer<Key>): Effect.Effect<void>
} = dual(2, (self: AnyLoader, key: unknown): Effect.Effect<void> => internal.clear(implOf(self, "clear"), key))

/** Forgets all rows of a loader's cache. Pass the loader that `cached` returned. */
export const clearAll = <Key, A, Missing, E, R>(self: Loader<Key, A, Missing, E, R>): Effect.Effect<void> =>
  internal.clearAll(implOf(self, "clearAll"))

/**
 * Adds a row that the service already has to a loader's cache, or the rows of a key with `byForeignKey`. A cached row stays: to replace it,
 * `clear` its key first. Pass the loader that `cached` returned.
 *
 * @example
 * ```ts
 * import { Loader } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 *
 * const users = Loader.byKey({
 *   name: "users",
 *   load: (ids: ReadonlyArray<string>) => Effect.succeed(ids.map((id) => ({ id, plan: "free" }))),
 *   keyOf: (user) => user.id
 * }).pipe(Loader.cached({ capacity: 1000, timeToLive: "1 minute" }))
 *
 * await Effect.runPromise(Loader.prime(users, "u-1", { id: "u-1", plan: "team" }))
 * ```
 */
export const prime: {
  <Key, A>(key: Key, row: A): <Missing, E, R>(self: Loader<Key, A, Missing, E, R>) => Effect.Effect<void, never, R>
  <Key, A, Missing, E, R>(
    self: Loader<Key, A, Missing, E, R>,
    key: NoInfer<Key>,
    row: NoInfer<A>
  ): Effect.Effect<void, never, R>
} = dual(3, (self: AnyLoader, key: unknown, row: unknown): Effect.Effect<void, never, any> =>
  internal.prime(implOf(self, "prime"), key, row)
)

/**
 * Changes every call of the batch function: adds a retry, a timeout, a fallback or a span, with Effect's combinators.
 *
 * @example
 * ```ts
 * import { Loader } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 * import * as Schedule from "effect/Schedule"
 *
 * const prices = Loader.byKey({
 *   load: (ids: ReadonlyArray<number>) => Effect.succeed(ids.map((id) => ({ id, price: 1 }))),
 *   keyOf: (row) => row.id
 * }).pipe(
 *   Loader.transform((call) =>
 *     call.pipe(Effect.timeout("2 seconds"), Effect.retry(Schedule.recurs(2)), Effect.orElseSucceed(() => []))
 *   )
 * )
 * ```
 */
export const transform: {
  <A, E, R, E2, R2>(
    f: (call: Effect.Effect<ReadonlyArray<A>, E, R>) => Effect.Effect<ReadonlyArray<NoInfer<A>>, E2, R2>
  ): <Key, Found extends A | ReadonlyArray<A>, Missing>(
    self: Loader<Key, Found, Missing, E, R>
  ) => Loader<Key, Found, Missing, E2, R2>
  <Key, A, Missing, E, R, E2, R2>(
    self: Loader<Key, A, Missing, E, R>,
    f: (call: Effect.Effect<ReadonlyArray<RowOf<A>>, E, R>) => Effect.Effect<ReadonlyArray<RowOf<A>>, E2, R2>
  ): Loader<Key, A, Missing, E2, R2>
} = dual(
  2,
  (
    self: AnyLoader,
    f: (call: Effect.Effect<ReadonlyArray<any>, any, any>) => Effect.Effect<ReadonlyArray<any>, any, any>
  ): LoaderImpl => internal.transform(implOf(self, "transform"), f)
)

/** The row type of a loader. */
export type RowOf<A> = A extends ReadonlyArray<infer Row> ? Row : A

/**
 * Lets callers share a batch only if `by` returns the same value for their services.
 *
 * Without it, a batch runs with its first caller's services. That is wrong if a service belongs to one caller, such as a tenant's client or
 * a database transaction: callers outside the transaction would read its rows and wait for its connection. `by` runs when a caller calls,
 * so it may also read an `AsyncLocalStorage`. `Loader.cached` keeps a separate cache for each group.
 *
 * @example
 * ```ts
 * import { Loader } from "@trackmap/core"
 * import * as Context from "effect/Context"
 * import * as Effect from "effect/Effect"
 * import * as SqlClient from "effect/sql/SqlClient"
 *
 * const transaction = (context: Context.Context<SqlClient.SqlClient>): unknown => {
 *   const client = Context.get(context, SqlClient.SqlClient)
 *   return Context.getOrUndefined(context, client.transactionService) ?? client
 * }
 *
 * const orders = Loader.byKey({
 *   load: (ids: ReadonlyArray<number>) =>
 *     Effect.flatMap(SqlClient.SqlClient, (sql) => sql<{ id: number }>`SELECT id FROM orders WHERE id IN ${sql.in(ids)}`),
 *   keyOf: (order) => order.id
 * }).pipe(Loader.groupedBy(transaction))
 * ```
 */
export const groupedBy: {
  <R>(
    by: (services: Context.Context<R>) => unknown
  ): <Key, A, Missing, E>(self: Loader<Key, A, Missing, E, R>) => Loader<Key, A, Missing, E, R>
  <Key, A, Missing, E, R>(
    self: Loader<Key, A, Missing, E, R>,
    by: (services: Context.Context<NoInfer<R>>) => unknown
  ): Loader<Key, A, Missing, E, R>
} = dual(2, (self: AnyLoader, by: (services: Context.Context<never>) => unknown): LoaderImpl =>
  internal.groupedBy(implOf(self, "groupedBy"), by)
)

/**
 * A loader with the function that reads the relation's key from the row. If the key is null or undefined, there is no related row, and
 * nothing is loaded.
 *
 * @example
 * ```ts
 * import { Entity, Loader } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * const orders = Loader.byKey({
 *   load: (ids: ReadonlyArray<number>) => Effect.succeed(ids.map((id) => ({ id, total: 714328 }))),
 *   keyOf: (order) => order.id
 * })
 * const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int, total: Schema.Finite } })
 * const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int } }).pipe(
 *   Entity.one("order", Order, Loader.at(orders, (line: { readonly orderId: number }) => line.orderId))
 * )
 * console.log(await Effect.runPromise(Entity.values(OrderLine, { id: 1001, orderId: 357 })))
 * // { OrderLine_id: 1001, Order_id: 357, Order_total: 714328 }
 * ```
 */
export const at: {
  <Need, K>(
    key: (row: Need) => K
  ): <A, Missing, E, R>(self: Loader<NonNullable<K>, A, Missing, E, R>) => Lookup<Need, A | Missing, E, R>
  <Key, A, Missing, E, R, Need, K extends Key | null | undefined>(
    self: Loader<Key, A, Missing, E, R>,
    key: (row: Need) => K
  ): Lookup<Need, A | Missing, E, R>
} = dual(2, (self: AnyLoader, key: (row: any) => unknown): LookupImpl => internal.at(implOf(self, "at"), key))

/**
 * A lookup by a field of the row, whose loader may depend on what the relation reads. `loaderOf` gets the names of the fields that the related
 * entity, or the relation's aggregates, read of each row; or undefined if anything may be read, because a computed attribute or a resolver
 * is a function of the row. It is called when a relation is defined, so return the same loader for the same fields: loaders share batches
 * only with themselves.
 *
 * @example
 * ```ts
 * import { Entity, Loader } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * const products = Loader.atField("productId", (fields) =>
 *   Loader.byKey({
 *     load: (ids: ReadonlyArray<number>) => {
 *       console.log(`SELECT ${fields?.join(", ") ?? "*"} FROM products`)
 *       return ids.map((id) => ({ id, name: "Gold Plated Duck Tape", price: 100000 }))
 *     },
 *     keyOf: (product) => product.id
 *   })
 * )
 * const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, price: Schema.Finite } })
 * const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int } }).pipe(
 *   Entity.one("product", Product, products)
 * )
 * await Effect.runPromise(Entity.values(OrderLine, { id: 1001, productId: 123 }))
 * ```
 * ```text
 * SELECT id, price FROM products
 * ```
 */
export const atField: <const Field extends string, Key, A, Missing, E, R>(
  field: Field,
  loaderOf: (fields: ReadonlyArray<string> | undefined) => Loader<Key, A, Missing, E, R>
) => Lookup<{ readonly [K in Field]: Key | null | undefined }, A | Missing, E, R> = (
  field: string,
  loaderOf: (fields: ReadonlyArray<string> | undefined) => AnyLoader
): any => internal.atField(field, loaderOf)
