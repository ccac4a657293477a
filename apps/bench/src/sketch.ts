/**
 * The design's first sketch of core's types, as declarations. The bench compares the growth of core's types with it.
 */
import type * as Effect from "effect/Effect"
import type * as Pipeable from "effect/Pipeable"
import type * as Schema from "effect/Schema"

/** How a relation to one row appears: under the target's name or its own prefix, optional if the row can be absent. */
export interface One<T extends AnyEntity, Prefix extends string, Optional extends boolean> {
  readonly _tag: "One"
  readonly target: T
  readonly prefix: Prefix
  readonly optional: Optional
}
/** How a relation to many rows appears: only through its aggregates. */
export interface Many<T extends AnyEntity, Aggregates> {
  readonly _tag: "Many"
  readonly target: T
  readonly aggregates: Aggregates
}
export type AnyRelation = One<any, any, any> | Many<any, any>

/**
 * An immutable description of what is tracked about one kind of thing.
 *
 * `Row` is contravariant: it is the intersection of the fields that attributes, relations and computed attributes read,
 * so any model object with those fields fits, and no code names a row type.
 * `E` and `R` are the errors of the resolvers and the services that they need.
 */
export interface Entity<
  Name extends string,
  Attributes extends Schema.Struct.Fields,
  Relations extends Record<string, AnyRelation>,
  in Row,
  out E = never,
  out R = never
>
  extends Pipeable.Pipeable {
  readonly name: Name
  readonly attributes: Attributes
  readonly relations: Relations
  readonly _Row: (row: Row) => void
  readonly _E: E
  readonly _R: R
}
export type AnyEntity = Entity<any, any, any, any, any, any>
export type Row<T> = T extends { readonly _Row: (row: infer S) => void } ? S : never
export type Failure<T> = T extends { readonly _E: infer E } ? E : never
export type Services<T> = T extends { readonly _R: infer R } ? R : never

/** A batch function and the way to find its rows. Its relations are data, so one call can load the relations of many rows. */
export interface Loader<in Key, out A, out Missing, out E = never, out R = never> extends Pipeable.Pipeable {
  readonly _Key: (key: Key) => void
  readonly _A: A
  readonly _Missing: Missing
  readonly _E: E
  readonly _R: R
}
/** A loader and the function that reads its key from a row. */
export interface Lookup<in Need, out A, out E = never, out R = never> {
  readonly _tag: "Lookup"
  readonly _Need: (row: Need) => void
  readonly _A: A
  readonly _E: E
  readonly _R: R
}

type Resolved<Ret> =
  Ret extends Effect.Effect<infer A, any, any> ? A : Ret extends Lookup<any, infer A, any, any> ? A : Ret
type ResolvedE<Ret> =
  Ret extends Effect.Effect<any, infer E, any> ? E : Ret extends Lookup<any, any, infer E, any> ? E : never
type ResolvedR<Ret> =
  Ret extends Effect.Effect<any, any, infer R> ? R : Ret extends Lookup<any, any, any, infer R> ? R : never
type CanBeAbsent<A> = undefined extends A ? true : null extends A ? true : false

type Encoded<Prefix extends string, A extends Schema.Struct.Fields> = {
  readonly [K in keyof A & string as `${Prefix}_${K}`]: Schema.Codec.Encoded<A[K]>
}
type Intersect<U> = (U extends unknown ? (x: U) => void : never) extends (x: infer I) => void ? I : never
type OfRelation<Rel, Prefix extends string, K extends string> =
  Rel extends One<infer T, infer P, infer Optional>
    ? Optional extends true
      ? Partial<OfEntity<T, P>>
      : OfEntity<T, P>
    : Rel extends Many<infer T, infer L>
      ? OfAggregates<T, L, `${Prefix}_${K}`>
      : {}
export interface List {
  readonly _tag: "List"
  readonly max: number
}
export interface Keys {
  readonly _tag: "Keys"
}
export interface Count {
  readonly _tag: "Count"
}
export interface Sum<F extends string> {
  readonly _tag: "Sum"
  readonly attribute: F
}
export type AnyAggregate = List | Keys | Count | Sum<string>
type OfAggregate<T, L, P extends string> = L extends List
  ? { readonly [K in P]: ReadonlyArray<Values<T>> }
  : L extends Count
    ? { readonly [K in `${P}_count`]: number }
    : L extends Keys
      ? { readonly [K in `${P}_keys`]: ReadonlyArray<string | number> }
      : L extends Sum<infer F>
        ? { readonly [K in `${P}_${F}_sum`]: number }
        : {}
type OfAggregates<T, L, P extends string> =
  L extends ReadonlyArray<infer I> ? Intersect<I extends unknown ? OfAggregate<T, I, P> : never> : {}
type OfEntity<T, Prefix extends string> =
  T extends Entity<any, infer A, infer Rels, any, any, any>
    ? Encoded<Prefix, A> &
        ([keyof Rels] extends [never]
          ? {}
          : Intersect<{ [K in keyof Rels & string]: OfRelation<Rels[K], Prefix, K> }[keyof Rels & string]>)
    : {}
/** The flat record that an entity yields. The compiler knows every key and its type. */
export type Values<T> =
  T extends Entity<infer N, any, any, any, any, any>
    ? { readonly [K in keyof OfEntity<T, N>]: OfEntity<T, N>[K] } & {}
    : never

export declare const make: <const Name extends string, const A extends Schema.Struct.Fields>(
  name: Name,
  options: { readonly key: keyof A & string; readonly attributes: A }
) => Entity<Name, A, {}, { readonly [K in keyof A]: Schema.Schema.Type<A[K]> }>

type Answer<T> = T | null | undefined
type One_<T extends AnyEntity, P extends string, A> = One<T, P, CanBeAbsent<A>>
export declare const one: {
  <
    const K extends string,
    T extends AnyEntity,
    Need,
    A extends Answer<Row<T>>,
    E2,
    R2,
    const P extends string = T["name"]
  >(
    name: K,
    target: T,
    lookup: Lookup<Need, A, E2, R2>,
    options?: { readonly prefix?: P }
  ): <N extends string, At extends Schema.Struct.Fields, Rels extends Record<string, AnyRelation>, S, E, R>(
    self: Entity<N, At, Rels, S, E, R>
  ) => Entity<N, At, Rels & { readonly [X in K]: One_<T, P, A> }, S & Need, E | E2 | Failure<T>, R | R2 | Services<T>>
  <
    const K extends string,
    T extends AnyEntity,
    Need,
    Ret extends Answer<Row<T>> | Effect.Effect<Answer<Row<T>>, any, any>,
    const P extends string = T["name"]
  >(
    name: K,
    target: T,
    resolve: (row: Need) => Ret,
    options?: { readonly prefix?: P }
  ): <N extends string, At extends Schema.Struct.Fields, Rels extends Record<string, AnyRelation>, S, E, R>(
    self: Entity<N, At, Rels, S, E, R>
  ) => Entity<
    N,
    At,
    Rels & { readonly [X in K]: One_<T, P, Resolved<Ret>> },
    S & Need,
    E | ResolvedE<Ret> | Failure<T>,
    R | ResolvedR<Ret> | Services<T>
  >
}

export declare const many: <
  const K extends string,
  T extends AnyEntity,
  Need,
  const L extends readonly [AnyAggregate, ...ReadonlyArray<AnyAggregate>],
  E2 = never,
  R2 = never
>(
  name: K,
  target: T,
  resolve:
    | Lookup<Need, ReadonlyArray<Row<T>>, E2, R2>
    | ((row: Need) => ReadonlyArray<Row<T>> | Effect.Effect<ReadonlyArray<Row<T>>, E2, R2>),
  ...aggregates: L
) => <N extends string, A extends Schema.Struct.Fields, Rels extends Record<string, AnyRelation>, S, E, R>(
  self: Entity<N, A, Rels, S, E, R>
) => Entity<N, A, Rels & { readonly [X in K]: Many<T, L> }, S & Need, E | E2 | Failure<T>, R | R2 | Services<T>>

export declare const computed: <const K extends string, S extends Schema.Top, Need, E2 = never, R2 = never>(
  name: K,
  schema: S,
  compute: (row: Need) => Schema.Schema.Type<S> | Effect.Effect<Schema.Schema.Type<S>, E2, R2>
) => <N extends string, A extends Schema.Struct.Fields, Rels extends Record<string, AnyRelation>, Src, E, R>(
  self: Entity<N, A, Rels, Src, E, R>
) => Entity<N, A & { readonly [X in K]: S }, Rels, Src & Need, E | E2, R | R2>

/** One row for a key. */
export declare const byKey: <Key, A, E, R>(options: {
  readonly load: (keys: ReadonlyArray<Key>) => Effect.Effect<ReadonlyArray<A>, E, R>
  readonly keyOf: (row: NoInfer<A>) => NoInfer<Key>
}) => Loader<Key, A, undefined, E, R>
/** Many rows for a key. */
export declare const byForeignKey: <Key, A, E, R>(options: {
  readonly load: (keys: ReadonlyArray<Key>) => Effect.Effect<ReadonlyArray<A>, E, R>
  readonly keyOf: (row: NoInfer<A>) => NoInfer<Key>
}) => Loader<Key, ReadonlyArray<A>, never, E, R>
/** A missing row is a failure, and the relation's keys are then not optional. */
export declare const required: <Key, A, Missing, E, R>(
  loader: Loader<Key, A, Missing, E, R>
) => Loader<Key, A, never, E | MissingRow, R>
export interface MissingRow {
  readonly _tag: "MissingRow"
}
/** The key of the related row, read from this one. */
export declare const at: {
  <Key, A, Missing, E, R, Need>(
    loader: Loader<Key, A, Missing, E, R>,
    key: (row: Need) => Key
  ): Lookup<Need, A | Missing, E, R>
}

export declare const list: (options: { readonly max: number }) => List
export declare const count: Count
export declare const keys: Keys
export declare const sum: <const F extends string>(attribute: F) => Sum<F>

export declare const values: {
  <T extends AnyEntity>(entity: T): (row: Row<T>) => Effect.Effect<Values<T>, Failure<T>, Services<T>>
  <T extends AnyEntity>(entity: T, row: Row<T>): Effect.Effect<Values<T>, Failure<T>, Services<T>>
}
/** Without Effect, for entities whose rows are all loaded already. */
export declare const valuesSync: <T extends AnyEntity>(
  entity: [Failure<T>, Services<T>] extends [never, never] ? T : never,
  row: Row<T>
) => Values<T>
