import type { HttpTransport } from "@trackmap/core/HttpTransport"
import { Misconfigured, type Unavailable } from "@trackmap/core/SendError"
import * as Migration from "@trackmap/warehouse/Migration"
import { events, type Existing, type Table } from "@trackmap/warehouse/Table"
import * as Effect from "effect/Effect"
import { dialect } from "./dialect.ts"
import type { Server } from "./server.ts"
import * as sql from "./sql.ts"

type Needs<A> = Effect.Effect<A, Unavailable | Misconfigured, HttpTransport>

/**
 * The tables of the database. The columns are read last, so that each table has them, whatever others add meanwhile. A comment tells a column of JSON
 * from one of other text.
 */
export const catalogueOf = (server: Server): Needs<ReadonlyArray<sql.Existing>> =>
  Effect.gen(function* () {
    const tables = yield* server.rows(sql.tables(server.place))
    const existing = tables.map(([name, engine, comment]) => ({
      name: name!,
      engine: engine!,
      comment,
      columns: new Array<Existing["columns"][number]>()
    }))
    const byName = new Map(existing.map((table) => [table.name, table]))
    for (const [table, name, type, comment] of yield* server.rows(sql.columns(server.place))) {
      byName.get(table!)?.columns.push({ name: name!, type: comment === "JSON" ? `${type} COMMENT 'JSON'` : type! })
    }
    return existing
  })

const elsewhere = "pass another database, or rename it"

/** Tables that exist with an engine that would keep a message twice, and what has the name of the view and is not the view. */
const foreign = (wanted: ReadonlyArray<Table>, existing: ReadonlyArray<sql.Existing>): ReadonlyArray<string> => {
  const names = new Set(wanted.map(({ name }) => name))
  return existing.flatMap(({ comment, engine, name }) => {
    if (names.has(name) && !engine.endsWith("ReplacingMergeTree")) {
      return [`"${name}" exists and is a ${engine}, and the sink needs a ReplacingMergeTree: ${elsewhere}`]
    }
    return name === events && !comment!.startsWith(sql.viewComment)
      ? [`"${name}" exists and is not the view of Trackmap, which has this name: ${elsewhere}`]
      : []
  })
}

/**
 * Makes the view over the tables that exist, unless it is there. Another service may have added a table meanwhile, or have replaced the view by one
 * that lacks a table: then again, a few times.
 */
const makeView = (server: Server, existing: ReadonlyArray<sql.Existing>, tries = 3): Needs<void> =>
  Effect.suspend(() => {
    const view = sql.view(existing, server.place)
    if (tries === 0 || existing.some(({ comment, name }) => name === events && comment === view.comment))
      return Effect.void
    return server.run(view.statement).pipe(
      Effect.andThen(catalogueOf(server)),
      Effect.flatMap((now) => makeView(server, now, tries - 1))
    )
  })

/** Makes the tables of a plan and the view over them. Returns the tables with the kinds that their columns have. */
export const migrate = (server: Server, wanted: ReadonlyArray<Table>): Needs<ReadonlyArray<Table>> =>
  Effect.gen(function* () {
    const existing = yield* catalogueOf(server)
    const problems = foreign(wanted, existing)
    if (problems.length > 0) return yield* new Misconfigured({ reason: problems.join("; ") })
    const { changes, tables } = yield* Migration.make(wanted, existing, dialect)
    // Each is a request. Tables do not wait for each other.
    yield* Effect.forEach(
      Map.groupBy(changes, ({ table }) => table.name).values(),
      (ofTable) => Effect.forEach(ofTable, (change) => server.run(sql.change(change, server.place)), { discard: true }),
      { concurrency: 8, discard: true }
    )
    yield* makeView(server, changes.length === 0 ? existing : yield* catalogueOf(server))
    return tables
  })
