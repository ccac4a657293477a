import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import { refuse, said } from "./refuse.ts"
import type { Dialect } from "./statement.ts"

type Rows = ReadonlyArray<Readonly<Record<string, unknown>>>

/** A query in the SQL of a database, and its one parameter. */
export interface Query {
  readonly text: (dialect: Dialect) => string
  readonly parameter: (dialect: Dialect) => string
}

/** How queries run. Any error of the driver is the Effect's failure. The services that it needs are only in the type of the public face. */
export interface Connection {
  readonly run: (query: Query) => Effect.Effect<Rows, unknown>
  /** What tells callers apart whose queries may not mix, such as their transaction. */
  readonly groupOf: (services: Context.Context<never>) => unknown
}

/** Stands for the error of a database whose SQL nobody wrote here. */
export const unknownDialect: unique symbol = Symbol("unknownDialect")

const dialectOf = (client: SqlClient.SqlClient): Dialect | undefined =>
  client.onDialectOrElse({
    pg: () => "postgres" as const,
    sqlite: () => "sqlite" as const,
    orElse: () => undefined
  })

const queried = (client: SqlClient.SqlClient, { parameter, text }: Query): Effect.Effect<Rows, unknown> => {
  const dialect = dialectOf(client)
  return dialect === undefined
    ? Effect.fail(unknownDialect)
    : client.unsafe<Rows[number]>(text(dialect), [parameter(dialect)])
}

/** The transaction of a caller's fiber, or the client. */
const transactionOf = (client: SqlClient.SqlClient, services: Context.Context<never>): unknown =>
  Context.getOrUndefined(services, client.transactionService) ?? client

export const over = (client: SqlClient.SqlClient): Connection => {
  if (typeof client?.onDialectOrElse !== "function") {
    refuse("Sql.over", "BadPath", `it takes an SqlClient of effect/sql, not ${said(client)}`)
  }
  return { run: (query) => queried(client, query), groupOf: (services) => transactionOf(client, services) }
}

/** The client that is in the caller's services. */
export const ofCaller: Connection = {
  run: (query) =>
    Effect.flatMap(SqlClient.SqlClient, (client) => queried(client, query)) as Effect.Effect<Rows, unknown>,
  groupOf: (services) => {
    const client = Context.getOrUndefined(services, SqlClient.SqlClient)
    return client === undefined ? undefined : transactionOf(client, services)
  }
}

/** A driver's object, or a function that returns the one of the caller. */
export type Source<A> = A | (() => A)

export interface PgQueryable {
  readonly query: (text: string, values: Array<unknown>) => PromiseLike<{ readonly rows: Array<any> }>
}
export interface PostgresJsSql {
  readonly unsafe: (text: string, parameters: Array<any>) => PromiseLike<ReadonlyArray<any>>
}
export interface SqliteStatement {
  readonly all: (...parameters: Array<any>) => ReadonlyArray<unknown>
}
export interface SqliteDatabase {
  readonly prepare: (text: string) => SqliteStatement
}

/** postgres.js's `sql` is a function too, with a method of this name. */
const sourceOf = <A extends object>(caller: string, source: Source<A>, method: keyof A & string): (() => A) => {
  const has = (given: unknown): given is A => typeof (given as A | undefined)?.[method] === "function"
  if (has(source)) return () => source
  if (typeof source === "function") return source
  return refuse(
    caller,
    "BadPath",
    `it takes an object with a method ${method}, or a function that returns one, not ${said(source)}`
  )
}

const promised = (text: Query["text"], run: (text: string) => PromiseLike<Rows>): Effect.Effect<Rows, unknown> =>
  Effect.tryPromise({ try: () => Promise.resolve(run(text("postgres"))), catch: (error) => error })

/** The last query of each client. */
const turns = new WeakMap<PgQueryable, Promise<unknown>>()

/** A `Client` runs one query at a time, and pg 9 will not keep others in a queue. A `Pool`, which counts its clients, has many. */
const inTurn = <A>(queryable: PgQueryable, run: () => PromiseLike<A>): PromiseLike<A> => {
  if ("totalCount" in queryable) return run()
  const turn = (turns.get(queryable) ?? Promise.resolve()).then(run, run)
  turns.set(queryable, turn)
  return turn
}

export const pg = (source: Source<PgQueryable>): Connection => {
  const current = sourceOf("Sql.pg", source, "query")
  return {
    groupOf: current,
    run: ({ parameter, text }) =>
      promised(text, async (one) => {
        const queryable = current()
        return (await inTurn(queryable, () => queryable.query(one, [parameter("postgres")]))).rows
      })
  }
}

export const postgresJs = (source: Source<PostgresJsSql>): Connection => {
  const current = sourceOf("Sql.postgresJs", source, "unsafe")
  return {
    groupOf: current,
    run: ({ parameter, text }) => promised(text, (one) => current().unsafe(one, [parameter("postgres")]))
  }
}

/** The prepared statements of each database. There are as many as there are relations. */
const prepared = new WeakMap<SqliteDatabase, Map<string, SqliteStatement>>()

const prepare = (database: SqliteDatabase, text: string): SqliteStatement => {
  const known = prepared.get(database) ?? new Map<string, SqliteStatement>()
  prepared.set(database, known)
  const statement = known.get(text) ?? database.prepare(text)
  known.set(text, statement)
  return statement
}

export const sqlite = (caller: string, source: Source<SqliteDatabase>): Connection => {
  const current = sourceOf(caller, source, "prepare")
  return {
    groupOf: current,
    run: ({ parameter, text }) =>
      Effect.try({
        try: () => prepare(current(), text("sqlite")).all(parameter("sqlite")) as Rows,
        catch: (error) => error
      })
  }
}
