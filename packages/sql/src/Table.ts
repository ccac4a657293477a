/**
 * A table of your database, described once. Relations, and the queries that load them, follow from it.
 *
 * @module
 */
import type * as Types from "effect/Types"
import type * as Column from "./Column.ts"
import * as internal from "./internal/table.ts"

/** The type identifier of tables. */
export const TypeId: "~@trackmap/sql/Table" = internal.TypeId

/** Columns by the name of the row's field. */
export type Columns = { readonly [field: string]: Column.Any }

/** A table whose rows have these columns. `Key` identifies a row. */
export interface Table<out C extends Columns, out Key extends string> {
  readonly [TypeId]: { readonly _C: Types.Covariant<C>; readonly _Key: Types.Covariant<Key> }
  readonly table: string
  readonly schema: string | undefined
  readonly key: Key
}

/** Any table. */
export type Any = Table<Columns, string>
/** The columns of a table. */
export type ColumnsOf<T extends Any> = T extends Table<infer C, string> ? C : never
/** The rows of a table, as they are loaded. */
export type Row<T extends Any> = { readonly [K in keyof ColumnsOf<T>]: Column.Type<ColumnsOf<T>[K]> }

/** The kinds of columns that can be keys, and what a row may have to find one. Drivers return an `int8` as a number, a bigint or a string. */
interface KeyTypes<A> {
  readonly int: number | bigint
  readonly bigint: bigint | number | string
  readonly text: A
  readonly uuid: string
  readonly literals: A
}
/** What a row may have in a field that refers to a column. */
export type Reference<C extends Column.Any> =
  C extends Column.Column<infer A, infer K> ? KeyTypes<NonNullable<A>>[K & keyof KeyTypes<A>] : never
/** The fields that other rows may refer to. */
export type Keyable<C extends Columns> = {
  [K in keyof C & string]: C[K]["kind"] extends keyof KeyTypes<unknown> ? K : never
}[keyof C & string]
type NeverNull<C extends Columns> = {
  [K in keyof C & string]: null extends Column.Type<C[K]> ? never : K
}[keyof C & string]

/**
 * Describes a table: its name, the column that identifies a row, and the columns that your events read. Leave the others out. `key` must be
 * unique, not null, and `int`, `bigint`, `text`, `uuid` or `literals`. `schema` is the database's schema, if it is not the default.
 *
 * Names are sent quoted, so they must be written as the database has them.
 *
 * Throws `DefinitionError` for a key that is no column, is nullable or of another kind, for two fields of one column, and for an empty name.
 *
 * @example
 * ```ts
 * import { Column, Table } from "@trackmap/sql"
 *
 * export const products = Table.make("products", {
 *   key: "id",
 *   columns: {
 *     id: Column.int,
 *     price: Column.int,
 *     manufacturerId: Column.nullable(Column.named("manufacturer_id", Column.int))
 *   }
 * })
 * ```
 */
export const make = <const C extends Columns, const Key extends Keyable<C> & NeverNull<C>>(
  name: string,
  options: { readonly key: Key; readonly columns: C; readonly schema?: string | undefined }
): Table<C, Key> => internal.make(name, options) as unknown as Table<C, Key>
