import { statSync } from "node:fs"
import type { Message } from "@trackmap/core/Message"
import type { Misconfigured } from "@trackmap/core/SendError"
import * as Rows from "@trackmap/warehouse/Rows"
import type { Table } from "@trackmap/warehouse/Table"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { DuckDBError } from "../../DuckDBError.ts"
import type { Bounds } from "../bounds.ts"
import { connect, type Database, type Session } from "../engine/database.ts"
import { failedOn, inTransaction, runOn } from "../engine/run.ts"
import { dialect } from "./dialect.ts"
import { migrate } from "./migrate.ts"
import { insertSql, stageRows } from "./staging.ts"

/** How long an attempt waits for another process that has the file open, in milliseconds. Then a retry follows. */
const patience = 1_000

type RowsOf = ReturnType<typeof Rows.make>

/** A file's identity and the time of its last change. */
const stampOf = (path: string): string | undefined => {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats && `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}`
}

/** What writes the messages of one sink. */
export class Writer {
  readonly #database: Database
  readonly #bounds: Bounds
  readonly #wanted: ReadonlyArray<Table>
  /** Where the session of a sink lives that keeps the file open. */
  readonly #kept: Scope.Scope | undefined
  #session: { readonly session: Session; readonly scope: Scope.Closeable } | undefined
  /** The file, or the session, whose tables are known to be right. */
  #known: Session | string | undefined
  #rowsOf: RowsOf | undefined

  constructor(database: Database, bounds: Bounds, wanted: ReadonlyArray<Table>, kept: Scope.Scope | undefined) {
    this.#database = database
    this.#bounds = bounds
    this.#wanted = wanted
    this.#kept = kept
  }

  /** Makes the tables. */
  readonly prepare: Effect.Effect<void, DuckDBError | Misconfigured> = Effect.suspend(() =>
    this.#turn(() => Effect.void)
  )

  /** Writes messages, in one transaction. Returns their rows. */
  write(messages: Iterable<Message>): Effect.Effect<ReadonlyArray<Rows.Rows>, DuckDBError | Misconfigured> {
    return this.#turn((session, rowsOf) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const database = this.#database
        const run = runOn(database, session.connection)
        const batch = rowsOf(messages, now)
        const each = Effect.forEach(
          batch,
          (rows) =>
            Effect.flatMap(stageRows(session, run, rows, failedOn(database)), (query) => run(insertSql(rows, query))),
          { discard: true }
        )
        return Effect.as(inTransaction(run, each), batch)
      })
    )
  }

  /** Runs something with a session whose file has the tables, when no other sink or reader of this process uses the file. */
  #turn<A>(
    use: (session: Session, rowsOf: RowsOf) => Effect.Effect<A, DuckDBError | Misconfigured>
  ): Effect.Effect<A, DuckDBError | Misconfigured> {
    const prepared = (session: Session) => Effect.flatMap(this.#prepared(session), (rowsOf) => use(session, rowsOf))
    const run = this.#kept === undefined ? this.#once(prepared) : this.#keeping(this.#kept, prepared)
    return this.#database.turn.withPermits(1)(
      Effect.onError(run, () =>
        Effect.sync(() => {
          this.#known = undefined
        })
      )
    )
  }

  #prepared(session: Session): Effect.Effect<RowsOf, DuckDBError | Misconfigured> {
    const stamp = this.#kept === undefined ? stampOf(this.#database.path) : session
    if (this.#rowsOf !== undefined && stamp !== undefined && this.#known === stamp) return Effect.succeed(this.#rowsOf)
    return Effect.map(migrate(runOn(this.#database, session.connection), this.#wanted), (tables) => {
      this.#known = session
      return (this.#rowsOf = Rows.make(tables, dialect))
    })
  }

  #once<A, E>(use: (session: Session) => Effect.Effect<A, E>): Effect.Effect<A, E | DuckDBError> {
    const used = Effect.scoped(
      Effect.flatMap(connect(this.#database, this.#bounds, patience), (session) =>
        // Otherwise closing would write the checkpoint, and closing blocks the event loop.
        Effect.tap(use(session), () => Effect.ignore(runOn(this.#database, session.connection)("CHECKPOINT")))
      )
    )
    return Effect.tap(used, () =>
      Effect.sync(() => {
        this.#known = stampOf(this.#database.path)
      })
    )
  }

  #keeping<A, E>(kept: Scope.Scope, use: (session: Session) => Effect.Effect<A, E>): Effect.Effect<A, E | DuckDBError> {
    const close = Effect.suspend(() => {
      const open = this.#session
      this.#session = undefined
      return open === undefined ? Effect.void : Scope.close(open.scope, Exit.void)
    })
    const open = Effect.uninterruptibleMask((restore) =>
      Effect.gen({ self: this }, function* () {
        if (this.#session?.session.isClosed === false) return this.#session.session
        yield* close
        const scope = yield* Scope.fork(kept)
        const connected = restore(connect(this.#database, this.#bounds, patience))
        const session = yield* Effect.onError(Scope.provide(connected, scope), (cause) =>
          Scope.close(scope, Exit.failCause(cause))
        )
        this.#session = { session, scope }
        return session
      })
    )
    return Effect.flatMap(open, (session) => Effect.onError(use(session), () => close))
  }
}
