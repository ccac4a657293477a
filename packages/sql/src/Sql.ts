/**
 * Relations from tables: a connection to your database, and the lookups that follow from the description of a table.
 *
 * @example
 * ```ts
 * import { Entity } from "@trackmap/core"
 * import { Column, Sql, Table } from "@trackmap/sql"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { DatabaseSync } from "node:sqlite"
 *
 * const database = new DatabaseSync(":memory:")
 * database.exec("CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
 * database.exec("INSERT INTO products VALUES (123, 'Gold Plated Duck Tape')")
 *
 * const products = Table.make("products", { key: "id", columns: { id: Column.int, name: Column.text } })
 * const db = Sql.nodeSqlite(database)
 *
 * const Product = Entity.make("Product", { key: "id", attributes: { id: Schema.Int, name: Schema.String } })
 * const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int } }).pipe(
 *   Entity.one("product", Product, db.one(products, "productId"))
 * )
 * console.log(await Effect.runPromise(Entity.values(OrderLine, { id: 1001, productId: 123 })))
 * // { OrderLine_id: 1001, Product_id: 123, Product_name: "Gold Plated Duck Tape" }
 * ```
 *
 * @module
 */
import type { Lookup } from "@trackmap/core/Loader"
import type { ResolveFailed } from "@trackmap/core/RowError"
import type * as SqlClient from "effect/sql/SqlClient"
import * as connections from "./internal/connection.ts"
import type { PgQueryable, PostgresJsSql, Source, SqliteDatabase, SqliteStatement } from "./internal/connection.ts"
import * as internal from "./internal/database.ts"
import type * as Table from "./Table.ts"

export type { PgQueryable, PostgresJsSql, Source, SqliteDatabase, SqliteStatement }

/** The fields that a to-many relation orders its rows by: a field, or a field with its direction. Nulls come last. */
export type OrderBy<T extends Table.Any> = ReadonlyArray<
  OrderedField<T> | readonly [field: OrderedField<T>, direction: "asc" | "desc"]
>
type OrderedField<T extends Table.Any> = keyof Table.ColumnsOf<T> & string

/**
 * The lookups of a database. Their queries have the keys of all rows as one parameter, and read only the columns that the related entity reads,
 * or all that are described if it has computed attributes or resolvers of your own. Relations to the same rows share their queries.
 *
 * If a query fails, the relation fails with `ResolveFailed`, whose cause is a `TableError`.
 */
export interface Database<out R = never> {
  /** The row whose key is in this field. No row has a null key; a key without a row leaves the relation out. */
  readonly one: <T extends Table.Any, const Field extends string>(
    table: T,
    field: Field
  ) => Lookup<
    { readonly [K in Field]: Table.Reference<Table.ColumnsOf<T>[T["key"]]> | null | undefined },
    Table.Row<T> | undefined,
    ResolveFailed,
    R
  >
  /**
   * The rows whose `foreignKey` is the value of this row's field, in the order of `orderBy`, and else of the table's key. A text is ordered by
   * the database's collation.
   */
  readonly many: <
    T extends Table.Any,
    const ForeignKey extends Table.Keyable<Table.ColumnsOf<T>>,
    const Field extends string
  >(
    table: T,
    foreignKey: ForeignKey,
    field: Field,
    options?: { readonly orderBy?: OrderBy<T> | undefined }
  ) => Lookup<
    { readonly [K in Field]: Table.Reference<Table.ColumnsOf<T>[ForeignKey]> | null | undefined },
    ReadonlyArray<Table.Row<T>>,
    ResolveFailed,
    R
  >
}

/**
 * Over a client of Effect's `effect/sql`, for PostgreSQL or SQLite. Inside `client.withTransaction`, queries are part of the caller's
 * transaction, and callers of different transactions share no query.
 *
 * @example
 * ```ts
 * import { Sql } from "@trackmap/sql"
 * import * as Effect from "effect/Effect"
 * import * as SqlClient from "effect/sql/SqlClient"
 *
 * export const db = Effect.map(SqlClient.SqlClient, Sql.over)
 * ```
 */
export const over = (client: SqlClient.SqlClient): Database => internal.make(connections.over(client))

/** Over the `SqlClient` that the caller provides. Queries are part of the caller's transaction, as with `over`. */
export const client: Database<SqlClient.SqlClient> = internal.make(connections.ofCaller)

/**
 * Over a `Pool` or a `Client` of node-postgres (`pg`). Pass a function to use the transaction of the caller, if it has one: callers for which
 * it returns different clients share no query.
 *
 * @example
 * ```ts
 * import { Sql } from "@trackmap/sql"
 * import { AsyncLocalStorage } from "node:async_hooks"
 *
 * const transaction = new AsyncLocalStorage<Sql.PgQueryable>()
 *
 * // Your own: new Pool({ connectionString: process.env.DATABASE_URL })
 * export const dbOf = (pool: Sql.PgQueryable) => Sql.pg(() => transaction.getStore() ?? pool)
 * ```
 */
export const pg = (source: Source<PgQueryable>): Database => internal.make(connections.pg(source))

/** Over the `sql` of postgres.js. Pass a function to use the transaction of the caller, as with `pg`. */
export const postgresJs = (source: Source<PostgresJsSql>): Database => internal.make(connections.postgresJs(source))

/** Over a `DatabaseSync` of `node:sqlite`, or a function that returns the caller's. */
export const nodeSqlite = (source: Source<SqliteDatabase>): Database =>
  internal.make(connections.sqlite("Sql.nodeSqlite", source))

/** Over a `Database` of better-sqlite3, or a function that returns the caller's. */
export const betterSqlite3 = (source: Source<SqliteDatabase>): Database =>
  internal.make(connections.sqlite("Sql.betterSqlite3", source))
