import * as PgPool from "@effect/sql-pg/PgPool"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { type Failure, failureOf, timedOut } from "./failure.ts"
import type { Pool, PoolClient, Settings } from "./options.ts"

/** A row of a result, by column. */
export type Row = Readonly<Record<string, unknown>>

/** Runs a statement on one connection. Parameters are texts. */
export type Query = (sql: string, params?: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Row>, Failure>

/** A connection that only this transaction uses. `discard` closes it instead of returning it to the pool. */
interface Session {
  readonly query: Query
  readonly discard: Effect.Effect<void>
}

/** Runs transactions, each on one connection. */
export interface Client {
  readonly transaction: <A, E>(f: (query: Query) => Effect.Effect<A, E>) => Effect.Effect<A, E | Failure>
}

/** Statements are not prepared: a pooler in front of PostgreSQL may give the next transaction another connection. */
const fromUrl = (url: Extract<Settings["from"], { url: unknown }>["url"]) =>
  Effect.map(
    Effect.orDie(PgPool.make({ url, maxConnections: 2 })),
    (pool): Effect.Effect<Session, Failure, Scope.Scope> =>
      Effect.mapError(pool.reserve, failureOf).pipe(
        Effect.map((connection) => ({
          query: (sql, params = []) =>
            Effect.mapBoth(connection.query(sql, params, false), {
              onFailure: failureOf,
              onSuccess: ({ rows }) => rows
            }),
          discard: pool.invalidate(connection)
        }))
      )
  )

/** Waits for a connection of a pool. One that comes after an interruption goes back. */
const connect = (pool: Pool): Effect.Effect<PoolClient, Failure> =>
  Effect.callback<PoolClient, Failure>((resume) => {
    let waits = true
    pool.connect().then(
      (client) => (waits ? resume(Effect.succeed(client)) : client.release()),
      (cause: unknown) => resume(Effect.fail(failureOf(cause)))
    )
    return Effect.sync(() => {
      waits = false
    })
  })

/** A connection that breaks emits an error, which would end the process if nobody listened; the statement fails, too. */
const ignore = (): void => {}

const fromPool = (pool: Pool): Effect.Effect<Session, Failure, Scope.Scope> =>
  Effect.suspend(() => {
    let destroys = false
    const held = Effect.acquireRelease(
      Effect.tap(connect(pool), (client) => Effect.sync(() => client.on("error", ignore))),
      (client) =>
        Effect.sync(() => {
          client.release(destroys)
          if (!destroys) client.removeListener("error", ignore)
        }),
      { interruptible: true }
    )
    return Effect.map(held, (client) => ({
      query: (text, params = []) =>
        Effect.tryPromise({
          try: async () => (await client.query({ text, values: [...params] })).rows as ReadonlyArray<Row>,
          catch: failureOf
        }),
      discard: Effect.sync(() => {
        destroys = true
      })
    }))
  })

/** Connects when there is something to do. */
export const make = Effect.fnUntraced(function* ({
  from,
  timeout
}: Settings): Effect.fn.Return<Client, never, Scope.Scope> {
  const session = "url" in from ? yield* fromUrl(from.url) : fromPool(from.pool)
  return {
    transaction: (f) =>
      Effect.scoped(
        Effect.flatMap(session, ({ discard, query }) => {
          const whole = Effect.gen(function* () {
            yield* query("BEGIN ISOLATION LEVEL READ COMMITTED")
            const result = yield* f(query)
            yield* query("COMMIT")
            return result
          })
          // A connection whose transaction may still be open must not serve another.
          const ended = Effect.timeoutOrElse(Effect.interruptible(query("ROLLBACK")), {
            duration: "5 seconds",
            orElse: () => discard
          })
          return Effect.onExit(whole, (exit) => {
            if (Exit.isSuccess(exit)) return Effect.void
            return Exit.hasInterrupts(exit) ? discard : ended.pipe(Effect.catch(() => discard))
          })
        })
      ).pipe(Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(timedOut) }))
  }
})
