/**
 * The columns of a table, by kind. A column decodes to one JavaScript type, whichever driver reads it.
 *
 * | kind                       | in PostgreSQL                 | in SQLite                        | decodes to                          |
 * | -------------------------- | ----------------------------- | -------------------------------- | ----------------------------------- |
 * | `int`                      | `int2`, `int4`, `int8`        | an integer                       | a number, up to 2^53 - 1            |
 * | `bigint`                   | `int8`                        | an integer                       | a bigint                            |
 * | `text`                     | `text`, `varchar`             | a text                           | a string                            |
 * | `boolean`                  | `boolean`                     | 0 or 1                           | a boolean                           |
 * | `numeric`                  | `numeric`, `decimal`, `money` | an integer, a real or a text     | a string with its digits            |
 * | `float`                    | `real`, `double precision`    | a real                           | a number                            |
 * | `timestamp`, `timestamptz` | the same                      | a text, or milliseconds          | a Date; without a zone, it is UTC   |
 * | `date`                     | `date`                        | a text, or milliseconds          | a string such as `"2026-11-29"`     |
 * | `json`                     | `json`, `jsonb`               | a text                           | its value                           |
 * | `uuid`                     | `uuid`                        | a text                           | a string in lower case              |
 * | `literals`                 | an enum, a text               | a text                           | one of a few strings                |
 * | `array`                    | an array                      | a text with a JSON array         | an array                            |
 *
 * @module
 */
import type { JsonValue } from "@trackmap/core/Attribute"
import * as internal from "./internal/column.ts"
import type { ColumnImpl, Kind } from "./internal/column.ts"
import type * as Types from "effect/Types"

/** The type identifier of columns. */
export const TypeId: "~@trackmap/sql/Column" = internal.TypeId

export type { Kind }

/** A column whose values decode to `A`. */
export interface Column<out A, out K extends Kind = Kind> {
  readonly [TypeId]: { readonly _A: Types.Covariant<A> }
  readonly kind: K
  readonly nullable: boolean
  /** Its name in the database, if that is not the name in the description. */
  readonly column: string | undefined
}

/** Any column. */
export type Any = Column<unknown>
/** The type that a column's values decode to. */
export type Type<C extends Any> = C extends Column<infer A> ? A : never

const faceOf = (impl: ColumnImpl): Column<never, never> => impl as unknown as Column<never, never>

/** Integers as numbers. A value above 2^53 - 1 is an error, not another number. */
export const int: Column<number, "int"> = faceOf(internal.scalar("int"))

/** Integers as bigints, such as `int8` has. */
export const bigint: Column<bigint, "bigint"> = faceOf(internal.scalar("bigint"))

/** Text. */
export const text: Column<string, "text"> = faceOf(internal.scalar("text"))

/** Booleans, which SQLite stores as 0 and 1. */
export const boolean: Column<boolean, "boolean"> = faceOf(internal.scalar("boolean"))

/** Decimals (`numeric`, `decimal`) as strings with all their digits. `NaN` and infinity are errors. */
export const numeric: Column<string, "numeric"> = faceOf(internal.scalar("numeric"))

/** Floating-point numbers (`real`, `double precision`). */
export const float: Column<number, "float"> = faceOf(internal.scalar("float"))

/** Times without a zone, which count as UTC, to the millisecond. A number is milliseconds since 1970. */
export const timestamp: Column<Date, "timestamp"> = faceOf(internal.scalar("timestamp"))

/** Times with a zone, to the millisecond. A number is milliseconds since 1970, and a text without a zone is UTC. */
export const timestamptz: Column<Date, "timestamptz"> = faceOf(internal.scalar("timestamptz"))

/** Days as strings (`"2026-11-29"`), in no time zone. */
export const date: Column<string, "date"> = faceOf(internal.scalar("date"))

/** JSON, parsed. */
export const json: Column<JsonValue, "json"> = faceOf(internal.scalar("json"))

/** UUIDs as strings in lower case. */
export const uuid: Column<string, "uuid"> = faceOf(internal.scalar("uuid"))

/**
 * An enum, or a text that is one of a few.
 *
 * @example
 * ```ts
 * import { Column, Table } from "@trackmap/sql"
 *
 * export const orders = Table.make("orders", {
 *   key: "id",
 *   columns: { id: Column.int, status: Column.literals(["draft", "placed", "shipped"]) }
 * })
 * ```
 */
export const literals = <const A extends string>(all: readonly [A, ...ReadonlyArray<A>]): Column<A, "literals"> =>
  faceOf(internal.literals(all))

/**
 * An array, or in SQLite a text with a JSON array. Its elements are neither arrays nor JSON.
 *
 * @example
 * ```ts
 * import { Column, Table } from "@trackmap/sql"
 *
 * export const products = Table.make("products", {
 *   key: "id",
 *   columns: { id: Column.int, tags: Column.array(Column.text) }
 * })
 * ```
 */
export const array = <A>(element: Column<A, Exclude<Kind, "array" | "json">>): Column<ReadonlyArray<A>, "array"> =>
  faceOf(internal.array(element as unknown as ColumnImpl))

/** A column that can be null. */
export const nullable = <A, K extends Kind>(column: Column<A, K>): Column<A | null, K> =>
  faceOf(internal.nullable(column as unknown as ColumnImpl)) as Column<A | null, K>

/**
 * A column whose name in the database differs from the name of the row's field.
 *
 * @example
 * ```ts
 * import { Column, Table } from "@trackmap/sql"
 *
 * export const products = Table.make("products", {
 *   key: "id",
 *   columns: { id: Column.int, manufacturerId: Column.nullable(Column.named("manufacturer_id", Column.int)) }
 * })
 * ```
 */
export const named = <A, K extends Kind>(name: string, column: Column<A, K>): Column<A, K> =>
  faceOf(internal.named(name, column as unknown as ColumnImpl)) as Column<A, K>
