/**
 * One kind of thing, with its attributes and relations: an immutable value that you compose with `pipe`. An entity turns a row into flat,
 * typed values that are the same everywhere.
 *
 * @example
 * ```ts
 * import { Entity } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
 * const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } }).pipe(
 *   Entity.one("product", Product, (line: { readonly product: { readonly id: number; readonly name: string } }) => line.product)
 * )
 * console.log(Entity.valuesSync(OrderLine, { id: 1001, qty: 3, product: { id: 123, name: "Gold Plated Duck Tape" } }))
 * // { OrderLine_id: 1001, OrderLine_qty: 3, Product_id: 123, Product_name: "Gold Plated Duck Tape" }
 * ```
 *
 * @module
 */
import type * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type { Pipeable } from "effect/Pipeable"
import type * as Schema from "effect/Schema"
import type * as Types from "effect/Types"
import type * as Aggregate from "./Aggregate.ts"
import type { Annotations } from "./Annotations.ts"
import type * as Attribute from "./Attribute.ts"
import type { KeysOf as AggregateKeys } from "./internal/definition/aggregates.ts"
import type { AttributeKeys, AttributeValues, ToJson } from "./internal/definition/attributeKeys.ts"
import * as changing from "./internal/definition/changed.ts"
import * as internal from "./internal/definition/entity.ts"
import { implOf } from "./internal/definition/entity.ts"
import * as extra from "./internal/definition/extras.ts"
import * as schemas from "./internal/definition/schema.ts"
import * as relating from "./internal/definition/relations.ts"
import * as valuation from "./internal/value/valuation.ts"
import type { EntityImpl } from "./internal/definition/model.ts"
import type { Lookup } from "./Loader.ts"
import type { InvalidRow, MissingRow, ResolveFailed } from "./RowError.ts"

/** The type identifier of entities. */
export const TypeId: "~@trackmap/core/Entity" = internal.TypeId

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * `Own` is the part of a row that the attributes and computed attributes read; `Fx` is the Effect that they need, or never. The relations
 * keep their own needs, so that an omitted relation needs nothing.
 */
export interface Entity<
  out Name extends string,
  out Attributes extends Schema.Struct.Fields,
  out Relations extends AnyRelations,
  in Own,
  out Fx extends AnyEffect = never
> extends Pipeable {
  readonly [TypeId]: {
    readonly _Own: Types.Contravariant<Own>
    readonly _Fx: Types.Covariant<Fx>
  }
  readonly name: Name
  /** The name of the attribute that identifies a thing of this kind. */
  readonly key: string
  /** Attributes and computed attributes, in the order of their keys. */
  readonly attributes: Attributes
  readonly relations: Relations
}

/** A relation to one row or none, whose keys start with `Prefix`. */
export interface One<
  out T extends Any,
  out Prefix extends string,
  out Optional extends boolean,
  in Need,
  out Fx extends AnyEffect = never
> {
  readonly _tag: "One"
  readonly target: T
  readonly prefix: Prefix
  readonly [TypeId]: {
    readonly _Optional: Types.Covariant<Optional>
    readonly _Need: Types.Contravariant<Need>
    readonly _Fx: Types.Covariant<Fx>
  }
}

/** A relation to many rows, which contributes only its aggregates. */
export interface Many<
  out T extends Any,
  out Aggregates extends ReadonlyArray<Aggregate.Aggregate>,
  in Need,
  out Fx extends AnyEffect = never
> {
  readonly _tag: "Many"
  readonly target: T
  readonly aggregates: Aggregates
  readonly [TypeId]: {
    readonly _Need: Types.Contravariant<Need>
    readonly _Fx: Types.Covariant<Fx>
  }
}

/** Any entity. */
export type Any = Entity<string, Schema.Struct.Fields, AnyRelations, never, AnyEffect>
/** Any relation. */
export type AnyRelation =
  | One<any, string, boolean, never, AnyEffect>
  | Many<any, ReadonlyArray<Aggregate.Aggregate>, never, AnyEffect>
/** Relations by name. */
export type AnyRelations = { readonly [name: string]: AnyRelation }
type AnyEffect = Effect.Effect<unknown, unknown, unknown>

export type { ToJson }

// -----------------------------------------------------------------------------
// the types of an entity
// -----------------------------------------------------------------------------

/** The structural type of a row: everything that the attributes, relations and computed attributes read. */
export type Row<T extends Any> = Whole<OwnOf<T> & NeedOf<T["relations"]>>

/** The errors of the resolvers and computed attributes. */
export type Failure<T extends Any> = FailureOf<FxOf<T>>

/** The services that the resolvers and computed attributes need. */
export type Services<T extends Any> = ServicesOf<FxOf<T>>

/** The flat values of an entity: every key, its JSON type, and whether it is optional. */
export type Values<T extends Any> = Flatten<KeysOf<T, T["name"]>>

/**
 * One object type, so that the compiler's message starts with the missing fields. For an intersection it would start
 * with its long name.
 */
type Whole<A> = { [K in keyof A]: A[K] }
type OwnOf<T> = T extends { readonly [TypeId]: { readonly _Own: (row: infer Own) => void } } ? Own : never
type NeedOfRelation<Rel extends AnyRelation> = [Rel[typeof TypeId]["_Need"]] extends [(row: infer Need) => void]
  ? Need
  : never
type NeedOf<Rels extends AnyRelations> = [Rels[keyof Rels][typeof TypeId]["_Need"]] extends [(row: infer Need) => void]
  ? Need
  : unknown
type FailureOf<Fx> = Fx extends Effect.Effect<unknown, infer E, unknown> ? E : never
type ServicesOf<Fx> = Fx extends Effect.Effect<unknown, unknown, infer R> ? R : never
type FxOf<T extends Any> = OwnFx<T[typeof TypeId]> | FxOfRelations<T["relations"]>
type OwnFx<Variance> = Variance extends { readonly _Fx: (_: never) => infer Fx } ? Fx : never
type FxOfRelations<Rels extends AnyRelations> = {
  [K in keyof Rels]: OwnFx<Rels[K][typeof TypeId]> | FxOf<Rels[K]["target"]>
}[keyof Rels]

type Flatten<A> = { readonly [K in keyof A]: A[K] } & {}
type Intersect<U> = (U extends unknown ? (x: U) => void : never) extends (x: infer I) => void ? I : never

type KeysOf<T extends Any, Prefix extends string> = AttributeKeys<T["attributes"], Prefix> &
  RelationKeys<T["relations"], Prefix>

type RelationKeys<Rels extends AnyRelations, Prefix extends string> = [keyof Rels] extends [never]
  ? unknown
  : Intersect<{ [K in keyof Rels & string]: OfRelation<Rels[K], `${Prefix}_${K}`> }[keyof Rels & string]>
type OfRelation<Rel extends AnyRelation, Path extends string> =
  Rel extends One<infer T, infer Prefix, infer Optional, never, AnyEffect>
    ? Optional extends true
      ? Partial<KeysOf<T, Prefix>>
      : KeysOf<T, Prefix>
    : Rel extends Many<infer T, infer Aggregates, never, AnyEffect>
      ? Intersect<OfAggregate<T, Aggregates[number], Path>>
      : never
interface RowsOf<T extends Any> {
  readonly record: Values<T>
}
type OfAggregate<T extends Any, A extends Aggregate.Aggregate, Path extends string> = A extends Aggregate.Aggregate
  ? AggregateKeys<RowsOf<T>, A, Path>[A["_tag"]]
  : never

type Resolver = ((row: never) => unknown) | Lookup<never, unknown, unknown, unknown>
type Resolved<Via> =
  Via extends Lookup<never, infer A, unknown, unknown>
    ? A
    : Via extends (row: never) => infer Ret
      ? Answered<Ret>
      : never
type Answered<Ret> = Ret extends Effect.Effect<infer A, any, any> ? A : Ret extends PromiseLike<infer A> ? A : Ret
type NeedOfResolver<Via> =
  Via extends Lookup<infer Need, unknown, unknown, unknown>
    ? Need
    : Via extends (row: infer Need) => unknown
      ? Need
      : never
type FxOfResolver<Via> =
  Via extends Lookup<never, unknown, infer E, infer R>
    ? Effect.Effect<never, E, R>
    : Via extends (row: never) => infer Ret
      ? FxOfResult<Ret>
      : never
type FxOfResult<Ret> =
  Ret extends Effect.Effect<any, infer E, infer R>
    ? Effect.Effect<never, E, R>
    : Ret extends PromiseLike<any>
      ? Effect.Effect<never, ResolveFailed>
      : never
type CanBeAbsent<A> = undefined extends A ? true : null extends A ? true : false

/** Marks a required relation: it needs no Effect, and can fail. */
interface Required extends Effect.Effect<never, MissingRow> {
  readonly [TypeId]: "required"
}

type Unfit<Need, A> = {
  [K in keyof Need & string]: K extends keyof A ? ([A[K]] extends [Need[K]] ? never : K) : K
}[keyof Need & string]
/**
 * The error of a call, as a sentence that the compiler shows, or never. A combinator without its entity has the sentence as its type, so that
 * the message begins with it: inside `pipe`, the message for a bad argument would come after two lines about `pipe`.
 */
type Composed<Wrong, Combinator> = [Wrong] extends [never] ? Combinator : Refused<Wrong>
type Right<Wrong> = [Wrong] extends [never] ? unknown : Refused<Wrong>
type Refused<Wrong> = { readonly [Sentence in Wrong & string]: never }

type Unfitting<
  T extends Any,
  A
> = `the rows of this resolver have no fitting "${Unfit<Row<T>, A>}", which ${T["name"]} needs`
type WrongOne<T extends Any, Via, Must, May> = 0 extends 1 & Via
  ? never
  : [Resolved<Via>] extends [Row<T> | null | undefined]
    ? WrongUndefined<Via, Must, May>
    : Unfitting<T, NonNullable<Resolved<Via>>>
type WrongUndefined<Via, Must, May> =
  Via extends Lookup<never, unknown, unknown, unknown>
    ? never
    : 0 extends 1 & Resolved<Via>
      ? never
      : undefined extends Resolved<Via>
        ? [true] extends [Must | May]
          ? never
          : "this resolver can return undefined, which means that the relation was not loaded: return null for no row, or pass { optional: true }"
        : never
type WrongMany<T extends Any, Via, L extends ReadonlyArray<unknown>> = 0 extends 1 & Via
  ? WrongAggregates<T, L>
  : [Resolved<Via>] extends [ReadonlyArray<Row<T>>]
    ? WrongAggregates<T, L>
    : Resolved<Via> extends ReadonlyArray<infer A>
      ? Unfitting<T, A>
      : "a to-many relation resolves to an array of rows"
type WrongAggregates<T extends Any, L extends ReadonlyArray<unknown>> = L["length"] extends 0
  ? "a to-many relation needs an aggregate: Aggregate.count, Aggregate.list({ max: 10 }) or another"
  : WrongAggregate<T, L[number]>
type WrongAggregate<T extends Any, A> =
  A extends AggregateOf<T>
    ? never
    : A extends { readonly attribute: infer Attribute extends string }
      ? Attribute extends keyof T["attributes"]
        ? `${Attribute} of ${T["name"]} is not a number`
        : `${T["name"]} has no attribute ${Attribute}`
      : A extends Aggregate.Custom<infer Name, Attribute.Any, never>
        ? `the rows of ${T["name"]} are not what the aggregate ${Name} reads`
        : "this is not an aggregate"
type WrongSchema<S extends Attribute.Any> = unknown extends Attribute.IsJson<S> ? never : Attribute.NotJson

type WithOne<Rels, K extends string, Rel> = Rels & { readonly [X in K]: Rel }
type OneOf<T extends Any, Prefix extends string, Via, Must, May> = One<
  T,
  Prefix,
  [Must] extends [true] ? false : [May] extends [true] ? true : CanBeAbsent<Resolved<Via>>,
  NeedOfResolver<Via>,
  FxOfResolver<Via> | ([Must] extends [true] ? Required : never)
>
type ManyOf<T extends Any, L extends ReadonlyArray<Aggregate.Aggregate>, Via> = Many<
  T,
  L,
  NeedOfResolver<Via>,
  FxOfResolver<Via>
>
/** An aggregate of rows of an entity. */
export type AggregateOf<T extends Any> = Aggregate.Aggregate<
  NumericAttributes<T>,
  keyof T["attributes"] & string,
  AttributeValues<T["attributes"]>
>
/** The attributes that `sum`, `avg`, `min` and `max` can read. */
export type NumericAttributes<T extends Any> = {
  [K in keyof T["attributes"] & string]: Exclude<
    ToJson<Exclude<T["attributes"][K]["Encoded"], undefined>>,
    null
  > extends number
    ? K
    : never
}[keyof T["attributes"] & string]

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

/**
 * Defines an entity. `key` names the attribute that identifies a thing of this kind. Attributes are Effect schemas, any Standard Schemas
 * (zod, valibot, arktype), or fields of an existing `Schema.Struct` or `Schema.Class`, by name. With a Standard Schema, rows have its input
 * type and values its output type.
 *
 * An attribute reads the row's field of the same name. If the field has another name, such as Mongo's `_id`, set it in `from`. Two attributes
 * can read the same field.
 *
 * Throws `DefinitionError` for a key that is not an attribute, a name that a vendor refuses, and a schema without a JSON encoding.
 *
 * @example
 * ```ts
 * import { Entity } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const Order = Entity.make("Order", { key: "uuid", attributes: { uuid: Schema.String, placedAt: Schema.Date } })
 *
 * class User extends Schema.Class<User>("User")({ id: Schema.Int, name: Schema.String, passwordHash: Schema.String }) {}
 * const Buyer = Entity.make("Buyer", { key: "id", schema: User, attributes: ["id", "name"] })
 *
 * console.log(Entity.valuesSync(Order, { uuid: "2500b32e", placedAt: new Date(0) }))
 * // { Order_uuid: "2500b32e", Order_placedAt: "1970-01-01T00:00:00.000Z" }
 * console.log(Entity.valuesSync(Buyer, new User({ id: 1, name: "Luigi", passwordHash: "x" })))
 * // { Buyer_id: 1, Buyer_name: "Luigi" }
 * ```
 *
 * @example
 * ```ts
 * import { Entity } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const Order = Entity.make("Order", {
 *   key: "id",
 *   attributes: { id: Schema.String, total: Schema.Finite },
 *   from: { id: "_id" }
 * })
 * console.log(Entity.valuesSync(Order, { _id: "65f1", total: 714328 })) // { Order_id: "65f1", Order_total: 714328 }
 * ```
 *
 * @example
 * ```ts
 * import { Entity } from "@trackmap/core"
 * import { z } from "zod"
 *
 * const Order = Entity.make("Order", {
 *   key: "id",
 *   attributes: { id: z.int(), placedAt: z.date().transform((at) => at.toISOString()), note: z.string().optional() }
 * })
 * console.log(Entity.valuesSync(Order, { id: 357, placedAt: new Date(0) }))
 * // { Order_id: 357, Order_placedAt: "1970-01-01T00:00:00.000Z" }
 * ```
 */
export const make: <
  const Name extends string,
  const A extends Attribute.Fields | ReadonlyArray<string>,
  F extends Schema.Struct.Fields = {},
  const From extends FieldNames<A> = {}
>(
  name: Name,
  options: {
    readonly key: NoInfer<KeysFrom<A>>
    readonly schema?: { readonly fields: F }
    readonly attributes: A & Right<WrongNames<A, F>> & OnlyJson<A>
    readonly from?: From | undefined
  }
) => A extends ReadonlyArray<infer K>
  ? Entity<Name, Pick<F, K & keyof F>, {}, RowWith<Pick<F, K & keyof F>, From>>
  : A extends Attribute.Fields
    ? Entity<Name, Attribute.AllOf<A>, {}, RowWith<Attribute.AllOf<A>, From>>
    : never = (name: string, options: Parameters<typeof internal.make>[1]) =>
  faceOf<never>(internal.make(name, options))

type KeysFrom<A> = A extends ReadonlyArray<infer K extends string> ? K : keyof A & string
type OnlyJson<A> = A extends Attribute.Fields ? Attribute.OnlyJson<A> : unknown
type WrongNames<A, F> =
  A extends ReadonlyArray<infer K extends string> ? (K extends keyof F ? never : `the schema has no field ${K}`) : never

/** The names of the row's fields, for attributes whose field has another name. */
type FieldNames<A> = { readonly [K in KeysFrom<A>]?: string }
type RowWith<A extends Schema.Struct.Fields, From> = [keyof From] extends [never]
  ? Schema.Struct.Type<A>
  : Schema.Struct.Type<Omit<A, keyof From>> &
      Intersect<
        {
          [K in keyof From & keyof A]: Schema.Struct.Type<{ readonly [Field in From[K] & string]: A[K] }>
        }[keyof From & keyof A]
      >

/** Whether a value is an entity. */
export const isEntity = (u: unknown): u is Any => internal.isEntity(u)

/** An entity with the types of its constructor's signature. */
type Made = Entity<any, any, any, any>
const faceOf = <T extends Any = Made>(impl: EntityImpl): T => impl as unknown as T

// -----------------------------------------------------------------------------
// combinators
// -----------------------------------------------------------------------------

const dataFirst = (args: IArguments): boolean => internal.isEntity(args[0])

/**
 * The options of a to-one relation.
 *
 * - `prefix`: the start of its keys, instead of the target's name.
 * - `optional`: undefined, like null, means that no row exists. By default it means that the relation was not loaded.
 * - `required`: a row always exists. Its keys are not optional, and null and undefined fail with `MissingRow`.
 */
export interface OneOptions<
  Prefix extends string = string,
  Must extends boolean | undefined = boolean,
  May extends boolean | undefined = boolean
> {
  readonly prefix?: Prefix | undefined
  readonly required?: Must | undefined
  readonly optional?: May | undefined
}

/**
 * Relates an entity to at most one row of another.
 *
 * The resolver is a function from the row to the related row, or to null for no row, returned directly, as a promise or as an Effect; or a
 * loader's `Loader.at`, which batches. If a promise rejects, the error is `ResolveFailed`. The keys start with the target's name, or with
 * the relation's own `prefix`. They are optional exactly if the resolver can return nothing.
 *
 * If a query has not loaded a relation, ORMs leave it undefined, whatever its type says. So undefined is an `InvalidRow` that names the
 * relation, unless you pass `optional: true`. With `required: true`, a missing row fails with `MissingRow`.
 *
 * Throws `DefinitionError` if two paths would write the same key.
 *
 * @example
 * ```ts
 * import { Entity } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const Address = Entity.make("Address", { key: "id", attributes: { id: Schema.Int } })
 * const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } }).pipe(
 *   Entity.one("billing", Address, (order: { readonly billing: { readonly id: number } }) => order.billing, { prefix: "Billing" }),
 *   Entity.one("shipping", Address, (order: { readonly shipping: { readonly id: number } | null }) => order.shipping, { prefix: "Shipping" })
 * )
 * console.log(Entity.valuesSync(Order, { id: 1, billing: { id: 2 }, shipping: null })) // { Order_id: 1, Billing_id: 2 }
 * ```
 */
export const one: {
  <
    const K extends string,
    T extends Any,
    const Via extends Resolver,
    const Prefix extends string = T["name"],
    const Must extends boolean | undefined = undefined,
    const May extends boolean | undefined = undefined
  >(
    name: K,
    target: T,
    resolve: Via,
    options?: OneOptions<Prefix, Must, May>
  ): Composed<
    WrongOne<T, Via, Must, May>,
    <N extends string, A extends Schema.Struct.Fields, Rels extends AnyRelations, Own, Fx extends AnyEffect>(
      self: Entity<N, A, Rels, Own, Fx>
    ) => Entity<N, A, WithOne<Rels, K, OneOf<T, Prefix, Via, Must, May>>, Own, Fx>
  >
  <
    N extends string,
    A extends Schema.Struct.Fields,
    Rels extends AnyRelations,
    Own,
    Fx extends AnyEffect,
    const K extends string,
    T extends Any,
    const Via extends Resolver,
    const Prefix extends string = T["name"],
    const Must extends boolean | undefined = undefined,
    const May extends boolean | undefined = undefined
  >(
    self: Entity<N, A, Rels, Own, Fx>,
    name: K,
    target: T,
    resolve: Via & Right<WrongOne<T, Via, Must, May>>,
    options?: OneOptions<Prefix, Must, May>
  ): Entity<N, A, WithOne<Rels, K, OneOf<T, Prefix, Via, Must, May>>, Own, Fx>
} = dual(
  dataFirst,
  (self: Any, name: string, target: Any, resolve: Resolver, options?: relating.OneOptions): EntityImpl =>
    relating.one(implOf(self), name, implOf(target), resolve, options)
)

/**
 * Relates an entity to many rows of another, through the aggregates that you name (see `Aggregate`).
 *
 * Throws `DefinitionError` without an aggregate, and for an aggregate of an attribute that the target lacks or that is not a number.
 */
export const many: {
  <
    const K extends string,
    T extends Any,
    const Via extends Resolver,
    const L extends ReadonlyArray<Aggregate.Aggregate>
  >(
    name: K,
    target: T,
    resolve: Via,
    ...aggregates: L
  ): Composed<
    WrongMany<T, Via, L>,
    <N extends string, A extends Schema.Struct.Fields, Rels extends AnyRelations, Own, Fx extends AnyEffect>(
      self: Entity<N, A, Rels, Own, Fx>
    ) => Entity<N, A, WithOne<Rels, K, ManyOf<T, L, Via>>, Own, Fx>
  >
  <
    N extends string,
    A extends Schema.Struct.Fields,
    Rels extends AnyRelations,
    Own,
    Fx extends AnyEffect,
    const K extends string,
    T extends Any,
    const Via extends Resolver,
    const L extends readonly [AggregateOf<T>, ...ReadonlyArray<AggregateOf<T>>]
  >(
    self: Entity<N, A, Rels, Own, Fx>,
    name: K,
    target: T,
    resolve: Via & Right<WrongMany<T, Via, L>>,
    ...aggregates: L
  ): Entity<N, A, WithOne<Rels, K, ManyOf<T, L, Via>>, Own, Fx>
} = dual(
  dataFirst,
  (
    self: Any,
    name: string,
    target: Any,
    resolve: Resolver,
    ...aggregates: ReadonlyArray<Aggregate.Aggregate>
  ): EntityImpl => relating.many(implOf(self), name, implOf(target), resolve, aggregates)
)

/**
 * Adds an attribute that a function computes from the row, directly, as a promise or as an Effect, which may read its caller's services,
 * such as the actor. Its schema is an Effect schema or any Standard Schema.
 *
 * @example
 * ```ts
 * import { Entity } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, price: Schema.Finite } }).pipe(
 *   Entity.computed("margin", Schema.Finite, (row: { readonly price: number; readonly cost: number }) => row.price - row.cost)
 * )
 * console.log(Entity.valuesSync(Product, { id: 123, price: 10, cost: 4 })) // { Product_id: 123, Product_price: 10, Product_margin: 6 }
 * ```
 */
export const computed: {
  <const K extends string, S extends Attribute.Any, Need, Ret extends Computed<S>>(
    name: K,
    schema: S,
    compute: (row: Need) => Ret
  ): Composed<
    WrongSchema<S>,
    <N extends string, A extends Schema.Struct.Fields, Rels extends AnyRelations, Own, Fx extends AnyEffect>(
      self: Entity<N, A, Rels, Own, Fx>
    ) => Entity<N, A & { readonly [X in K]: Attribute.Of<S> }, Rels, Own & Need, Fx | FxOfResult<Ret>>
  >
  <
    N extends string,
    A extends Schema.Struct.Fields,
    Rels extends AnyRelations,
    Own,
    Fx extends AnyEffect,
    const K extends string,
    S extends Attribute.Any,
    Need,
    Ret extends Computed<S>
  >(
    self: Entity<N, A, Rels, Own, Fx>,
    name: K,
    schema: S & Attribute.IsJson<S>,
    compute: (row: Need) => Ret
  ): Entity<N, A & { readonly [X in K]: Attribute.Of<S> }, Rels, Own & Need, Fx | FxOfResult<Ret>>
} = dual(dataFirst, (self: Any, name: string, schema: Attribute.Any, compute: (row: any) => unknown): EntityImpl =>
  internal.computed(implOf(self), name, schema, compute)
)
type Computed<S extends Attribute.Any> =
  | Attribute.Type<S>
  | PromiseLike<Attribute.Type<S>>
  | Effect.Effect<Attribute.Type<S>, any, any>

type OmitPath<T extends Any, Path extends string> = Entity<
  T["name"],
  T["attributes"],
  OmitRelations<T["relations"], Path>,
  OwnOf<T>,
  OwnFx<T[typeof TypeId]>
>
type OmitRelations<Rels extends AnyRelations, Path extends string> = {
  readonly [K in keyof Rels as K extends Path ? never : K]: OmitIn<Rels[K], Rest<Path, K & string>>
} extends infer Left extends AnyRelations
  ? Left
  : never
type Rest<Path extends string, K extends string> = Path extends `${K}.${infer R}` ? R : never
type OmitIn<Rel extends AnyRelation, Path extends string> = [Path] extends [never]
  ? Rel
  : Rel extends One<infer T, infer Prefix, infer Optional, never, AnyEffect>
    ? One<OmitPath<T, Path>, Prefix, Optional, NeedOfRelation<Rel>, OwnFx<Rel[typeof TypeId]>>
    : Rel extends Many<infer T, infer Aggregates, never, AnyEffect>
      ? Many<OmitPath<T, Path>, Aggregates, NeedOfRelation<Rel>, OwnFx<Rel[typeof TypeId]>>
      : never
/** The relation paths of an entity: `"product"`, `"product.manufacturer"`. */
export type Paths<T extends Any> = string extends keyof T["relations"]
  ? string
  : {
      [K in keyof T["relations"] & string]: K | `${K}.${Paths<T["relations"][K]["target"]>}`
    }[keyof T["relations"] & string]

/**
 * Removes relations, with their keys and their needs. They are not resolved.
 *
 * @example
 * ```ts
 * import { Entity } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } })
 * const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int } }).pipe(
 *   Entity.one("order", Order, (line: { readonly order: { readonly id: number } }) => line.order)
 * )
 * console.log(Entity.valuesSync(OrderLine.pipe(Entity.omit("order")), { id: 1001 })) // { OrderLine_id: 1001 }
 * ```
 */
export const omit: {
  <T extends Any, const P extends Paths<T>>(self: T, ...paths: ReadonlyArray<P>): OmitPath<T, P>
  <const P extends string>(...paths: ReadonlyArray<P>): <T extends Any>(self: T & HasPaths<T, P>) => OmitPath<T, P>
} = dual(dataFirst, (self: Any, ...paths: ReadonlyArray<string>): EntityImpl => relating.omit(implOf(self), paths))
type HasPaths<T extends Any, P extends string> = [P] extends [Paths<T>]
  ? unknown
  : { readonly [K in `${T["name"]} has no relation "${Exclude<P, Paths<T>>}"`]: never }

type WithoutNeed<Rels extends AnyRelations> = {
  readonly [K in keyof Rels]: Rels[K] extends One<infer T, infer Prefix, infer Optional, never, infer Fx>
    ? One<T, Prefix, Optional, unknown, Fx>
    : Rels[K] extends Many<infer T, infer Aggregates, never, infer Fx>
      ? Many<T, Aggregates, unknown, Fx>
      : never
}
/** A change of a row: created (no `before`), deleted (no `after`), or updated. */
export type Change<A> =
  | { readonly before: A | null | undefined; readonly after: A }
  | { readonly before: A; readonly after: null | undefined }
type ChangeAttributes<A extends Schema.Struct.Fields> = A & {
  readonly state: Schema.Literals<readonly ["created", "updated", "deleted", "unchanged"]>
  readonly changed: Schema.$Array<Schema.String>
} & { readonly [K in keyof A & string as `${K}_before`]: Schema.optionalKey<A[K]> }

/**
 * Tracks a change: its row is `{ before, after }`. The attributes and relations are those of `after` (or of `before`, for a deleted row).
 * It adds `state` (created, updated, deleted or unchanged), `changed` (the names of the attributes whose values differ) and, for each of
 * these, `<attribute>_before`.
 *
 * @example
 * ```ts
 * import { Entity } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })
 * console.log(Entity.valuesSync(Entity.changed(OrderLine), { before: { id: 1001, qty: 2 }, after: { id: 1001, qty: 3 } }))
 * // { OrderLine_id: 1001, OrderLine_qty: 3, OrderLine_state: "updated", OrderLine_changed: [ "qty" ], OrderLine_qty_before: 2 }
 * ```
 */
export const changed: <
  N extends string,
  A extends Schema.Struct.Fields,
  Rels extends AnyRelations,
  Own,
  Fx extends AnyEffect
>(
  self: Entity<N, A, Rels, Own, Fx>
) => Entity<N, ChangeAttributes<A>, WithoutNeed<Rels>, Change<Own & NeedOf<Rels>>, Fx> = (self: Any): Made =>
  faceOf(changing.changed(implOf(self)))

/**
 * Adds attributes that you pass with the row: its row is `{ row, extras }`. They are Effect schemas or any Standard Schemas.
 *
 * @example
 * ```ts
 * import { Entity } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int } })
 * const PlacedOrder = Order.pipe(Entity.extras({ coupon: Schema.String }))
 * console.log(Entity.valuesSync(PlacedOrder, { row: { id: 357 }, extras: { coupon: "TAPE10" } })) // { Order_id: 357, Order_coupon: "TAPE10" }
 * ```
 */
export const extras: {
  <
    N extends string,
    A extends Schema.Struct.Fields,
    Rels extends AnyRelations,
    Own,
    Fx extends AnyEffect,
    const F extends Attribute.Fields
  >(
    self: Entity<N, A, Rels, Own, Fx>,
    fields: F & Attribute.OnlyJson<F>
  ): Entity<
    N,
    A & Attribute.AllOf<F>,
    WithoutNeed<Rels>,
    { readonly row: Own & NeedOf<Rels>; readonly extras: Schema.Struct.Type<Attribute.AllOf<F>> },
    Fx
  >
  <const F extends Attribute.Fields>(
    fields: F & Attribute.OnlyJson<F>
  ): <N extends string, A extends Schema.Struct.Fields, Rels extends AnyRelations, Own, Fx extends AnyEffect>(
    self: Entity<N, A, Rels, Own, Fx>
  ) => Entity<
    N,
    A & Attribute.AllOf<F>,
    WithoutNeed<Rels>,
    { readonly row: Own & NeedOf<Rels>; readonly extras: Schema.Struct.Type<Attribute.AllOf<F>> },
    Fx
  >
} = dual(2, (self: Any, fields: Attribute.Fields): EntityImpl => extra.extras(implOf(self), fields))

/**
 * Annotates the entity with what people need to know of it. Later annotations replace earlier ones of the same name. If events of a plan use several
 * variants of an entity, the plan describes the first.
 *
 * Throws `DefinitionError` if an annotation is invalid.
 *
 * @example
 * ```ts
 * import { Entity } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const Manufacturer = Entity.make("Manufacturer", { key: "id", attributes: { id: Schema.Int } })
 * const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int } }).pipe(
 *   Entity.one("manufacturer", Manufacturer, (product: { readonly manufacturer: { readonly id: number } }) => product.manufacturer),
 *   Entity.annotate({ description: "What the shop sells", owner: "catalogue" }),
 *   Entity.annotateRelation("manufacturer", { description: "Who makes it, not who sells it to us" })
 * )
 * ```
 */
export const annotate: {
  (annotations: Annotations): <T extends Any>(self: T) => T
  <T extends Any>(self: T, annotations: Annotations): T
} = dual(2, (self: Any, annotations: Annotations): EntityImpl => internal.annotate(implOf(self), annotations))

/**
 * Annotates a relation of the entity.
 *
 * Throws `DefinitionError` if the entity does not have it, or if an annotation is invalid.
 */
export const annotateRelation: {
  <T extends Any>(self: T, name: keyof T["relations"] & string, annotations: Annotations): T
  <const K extends string>(name: K, annotations: Annotations): <T extends Any>(self: T & HasPaths<T, K>) => T
} = dual(dataFirst, (self: Any, name: string, annotations: Annotations): EntityImpl =>
  relating.annotate(implOf(self), name, annotations)
)

/**
 * Skips the type checks of attributes, for rows that you have just decoded. This includes related rows. Values that need encoding, such as
 * a Date, are still encoded.
 */
export const unchecked = <T extends Any>(self: T): T => faceOf(internal.unchecked(implOf(self)))

// -----------------------------------------------------------------------------
// values
// -----------------------------------------------------------------------------

/**
 * The flat values of a row. Its schema encodes each attribute to JSON; the keys come level by level, in the order of definition. Fails with
 * the resolvers' errors, and with `InvalidRow` if a row does not match its schemas.
 */
export const values: {
  <T extends Any>(self: T): (row: Row<T>) => Effect.Effect<Values<T>, InvalidRow | Failure<T>, Services<T>>
  <T extends Any>(self: T, row: Row<T>): Effect.Effect<Values<T>, InvalidRow | Failure<T>, Services<T>>
} = valuation.values

/** The flat values of many rows, in their order, with one loader call per relation and level, distinct keys, and no fiber per row. */
export const valuesAll: {
  <T extends Any>(
    self: T
  ): (rows: ReadonlyArray<Row<T>>) => Effect.Effect<ReadonlyArray<Values<T>>, InvalidRow | Failure<T>, Services<T>>
  <T extends Any>(
    self: T,
    rows: ReadonlyArray<Row<T>>
  ): Effect.Effect<ReadonlyArray<Values<T>>, InvalidRow | Failure<T>, Services<T>>
} = valuation.valuesAll

/** The flat values of a row whose relations are all loaded, without Effects or fibers. Throws `InvalidRow`. */
export const valuesSync: {
  <T extends Any>(self: T): (row: RowAtOnce<T>) => Values<T>
  <T extends Any>(self: T, row: RowAtOnce<T>): Values<T>
} = valuation.valuesSync
type RowAtOnce<T extends Any> = [Exclude<FxOf<T>, Required>] extends [never]
  ? Row<T>
  : `${T["name"]} has resolvers that do not answer at once: use Entity.values`

/**
 * The schema of the flat values, for JSON Schema, documentation and checks.
 *
 * @example
 * ```ts
 * import { Entity } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const Order = Entity.make("Order", { key: "id", attributes: { id: Schema.Int, placedAt: Schema.Date } })
 * const { Order: described } = Schema.toJsonSchemaDocument(Entity.schema(Order)).definitions
 * console.log(described?.required) // [ "Order_id", "Order_placedAt" ]
 * ```
 */
export const schema = <T extends Any>(self: T): Schema.Codec<Values<T>> =>
  schemas.schemaOf(implOf(self)) as Schema.Codec<Values<T>>
