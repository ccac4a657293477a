/**
 * A loader is one batch function and how its rows are found by key. A relation made of a loader is data, not a closure:
 * rows that are valued together, or by many fibers at the same time, share its calls, and no key is asked for twice in one.
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

/**
 * From a `Key` to an `A`, or to `Missing` where there is no row. `E` and `R` are what its batch function fails with and needs.
 */
export interface Loader<in Key, out A, out Missing = undefined, out E = never, out R = never> extends Pipeable {
  readonly [TypeId]: {
    readonly _Key: Types.Contravariant<Key>
    readonly _A: Types.Covariant<A>
    readonly _Missing: Types.Covariant<Missing>
    readonly _E: Types.Covariant<E>
    readonly _R: Types.Covariant<R>
  }
}

/** A loader, and how the key is read from a row that needs it. */
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
/** A loader whose types are those that the signature of its constructor says. */
type Made = Loader<any, any, never, any, any>
const faceOf = (impl: LoaderImpl): Made => impl as unknown as Made

/** What a batch function may give: the rows, or a promise or an Effect of them. */
export type Rows<A, E = never, R = never> =
  | Effect.Effect<ReadonlyArray<A>, E, R>
  | PromiseLike<ReadonlyArray<A>>
  | ReadonlyArray<A>

/** How a loader gets its rows. */
export interface Options<Key, Ret extends Rows<unknown, unknown, unknown>> {
  /** The rows for some distinct keys, in any order; a key that has no row is left out. */
  readonly load: (keys: ReadonlyArray<Key>, options: LoadOptions) => Ret
  /** The key that a row answers. */
  readonly keyOf: (row: NoInfer<Loaded<Ret>>) => NoInfer<Key>
  /** What makes two keys the same, for keys that are objects: a string or a number. */
  readonly hash?: ((key: NoInfer<Key>) => unknown) | undefined
  /** How warnings and errors call this loader. */
  readonly name?: string | undefined
}

/** The row of what a batch function gives. */
export type Loaded<Ret> = SuccessOf<Ret> extends ReadonlyArray<infer A> ? A : never
type SuccessOf<Ret> = Ret extends Effect.Effect<infer A, any, any> ? A : Ret extends PromiseLike<infer A> ? A : Ret
type FailureOf<Ret> =
  Ret extends Effect.Effect<any, infer E, any> ? E : Ret extends PromiseLike<any> ? ResolveFailed : never
type ServicesOf<Ret> = Ret extends Effect.Effect<any, any, infer R> ? R : never

/**
 * One row for a key. A key without a row is an absence, and the relation's keys are optional. The batch function gives an Effect, a
 * promise or the rows; a promise that rejects is a `ResolveFailed`.
 * Rows come in any order. A row that comes twice (the first one counts) and a row that nobody asked for are logged as warnings.
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
 * Many rows for a key, in the order in which they are loaded. A key without rows has an empty list.
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

/**
 * A key without a row, and a key that is null or undefined, fail with `MissingRow`; the relation's keys are not optional.
 */
export const required: <Key, A, Missing, E, R>(
  self: Loader<Key, A, Missing, E, R>
) => Loader<Key, A, never, E | MissingRow, R> = (self: AnyLoader): Made => faceOf(internal.required(implOf(self)))

/**
 * At most `size` keys a call (a positive whole number). The calls that one batch then takes run with `concurrency`
 * ("unbounded" unless told). A call that fails fails those who asked for its keys.
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
    internal.batchN(implOf(self), size, options)
)

/**
 * Keeps rows across calls: at most `capacity` keys (the least recently used goes first), each for `timeToLive`.
 * What failed and what was absent is asked for again. The cache belongs to this loader value, whoever calls it.
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
    internal.cached(implOf(self), options)
)

/**
 * Changes every call of the batch function: a retry, a timeout, a fallback, a span, all with Effect's own combinators.
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
  ): LoaderImpl => internal.transform(implOf(self), f)
)

/** The row that a loader's batch function gives, for what it finds by a key. */
export type RowOf<A> = A extends ReadonlyArray<infer Row> ? Row : A

/**
 * Callers share a batch only where `by` gives the same for the services that they run with.
 *
 * Without it a batch runs with the services of whichever caller came first. That is wrong wherever a service belongs to one
 * caller: a tenant's client, or a database transaction, whose rows would be read by callers outside of it, and whose
 * connection they would wait for. What `by` gives is asked for when a caller comes, so that it may also read an `AsyncLocalStorage`.
 * What is kept (`Loader.cached`) is kept for each group alone.
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
  internal.groupedBy(implOf(self), by)
)

/**
 * The relation's key, read from the row that has the relation. Where it is null or undefined nothing is loaded and there is
 * no related row.
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
} = dual(2, (self: AnyLoader, key: (row: any) => unknown): LookupImpl => internal.at(implOf(self), key))
