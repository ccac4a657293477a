/**
 * A set of entities, each under its own name.
 *
 * @example
 * ```ts
 * import { Entity, TrackingMap } from "@trackmap/core"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 *
 * const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } })
 * const RetailCompany = Entity.make("RetailCompany", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
 * const map = TrackingMap.make(Order, RetailCompany)
 *
 * console.log(TrackingMap.get(map, "Order") === Order) // true
 * console.log(await Effect.runPromise(TrackingMap.values(map, { Order: { id: 357 }, RetailCompany: { id: 1, name: "Luigi's" } })))
 * // { Order_id: 357, RetailCompany_id: 1, RetailCompany_name: "Luigi's" }
 * ```
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type { Pipeable } from "effect/Pipeable"
import type { DefinitionError } from "./DefinitionError.ts"
import type * as Entity from "./Entity.ts"
import * as internal from "./internal/event/trackingMap.ts"
import type { InvalidRow } from "./RowError.ts"

/** The type identifier of tracking maps. */
export const TypeId: "~@trackmap/core/TrackingMap" = internal.TypeId

/** Entities by name. */
export interface TrackingMap<out Entities extends { readonly [name: string]: Entity.Any }> extends Pipeable {
  readonly [TypeId]: typeof TypeId
  /** The entities by name, in the order of the call of `make`. */
  readonly entities: Entities
}

/** Any tracking map. */
export type Any = TrackingMap<{ readonly [name: string]: Entity.Any }>

/**
 * Makes a map from entities. You can pass an entity more than once.
 *
 * Throws `DefinitionError` if two different entities share a name, or if two that are only reached by relations share a name and disagree
 * about the key or about an attribute that both have.
 */
export const make: <const Entities extends ReadonlyArray<Entity.Any>>(
  ...entities: Entities
) => TrackingMap<{ readonly [T in Entities[number] as T["name"]]: T }> = (
  ...entities: ReadonlyArray<Entity.Any>
): Made => internal.make(entities) as unknown as Made

/** The signature of `make` has the types of the entities. */
type Made = TrackingMap<any>

/** Whether a value is a tracking map. */
export const isTrackingMap = (u: unknown): u is Any => internal.isTrackingMap(u)

/** The entity with this name. For a name from outside your code, check `has` first. */
export const get: {
  <Self extends Any, const Name extends keyof Self["entities"] & string>(
    name: Name
  ): (self: Self) => Self["entities"][Name]
  <Self extends Any, const Name extends keyof Self["entities"] & string>(self: Self, name: Name): Self["entities"][Name]
} = dual(
  2,
  (self: Any, name: string): Entity.Any | undefined => internal.implOf(self).entities[name] as Entity.Any | undefined
)

/** Whether the map has an entity with a name. */
export const has: {
  (name: string): (self: Any) => boolean
  (self: Any, name: string): boolean
} = dual(2, internal.has)

/** Rows by the names of their entities. */
export type RowsOf<Self extends Any, Rows> = {
  readonly [Name in keyof Rows]: Name extends keyof Self["entities"] ? Entity.Row<Self["entities"][Name]> : never
}
type NamesOf<Self extends Any, Rows> = keyof Rows & keyof Self["entities"]
type Intersect<U> = (U extends unknown ? (x: U) => void : never) extends (x: infer I) => void ? I : never
/** The record of several rows, by the names of their entities. */
export type Values<Self extends Any, Names extends keyof Self["entities"]> = Flatten<
  Intersect<{ [Name in Names]: Entity.Values<Self["entities"][Name]> }[Names]>
>
type Flatten<A> = { readonly [K in keyof A]: A[K] } & {}

/**
 * Turns rows of several entities into one record, in the order of the rows.
 * Fails with `DefinitionError` if two of them write the same key, or if the map has no entity with one of the names.
 */
export const values: {
  <Self extends Any, const Rows extends RowsOf<Self, Rows>>(
    rows: Rows
  ): (
    self: Self
  ) => Effect.Effect<
    Values<Self, NamesOf<Self, Rows>>,
    DefinitionError | InvalidRow | Entity.Failure<Self["entities"][NamesOf<Self, Rows>]>,
    Entity.Services<Self["entities"][NamesOf<Self, Rows>]>
  >
  <Self extends Any, const Rows extends RowsOf<Self, Rows>>(
    self: Self,
    rows: Rows
  ): Effect.Effect<
    Values<Self, NamesOf<Self, Rows>>,
    DefinitionError | InvalidRow | Entity.Failure<Self["entities"][NamesOf<Self, Rows>]>,
    Entity.Services<Self["entities"][NamesOf<Self, Rows>]>
  >
} = dual(2, (self: Any, rows: { readonly [name: string]: unknown }) => internal.values(self, rows))
