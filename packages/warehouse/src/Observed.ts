/**
 * What observers, such as the inspector, see of a warehouse's sink.
 *
 * @module
 */
import type * as EventSink from "@trackmap/core/EventSink"
import type { Json, Message } from "@trackmap/core/Message"
import type * as Plan from "@trackmap/core/Plan"
import type { Misconfigured } from "@trackmap/core/SendError"
import * as Effect from "effect/Effect"
import type { Dialect } from "./Dialect.ts"
import * as Layout from "./Layout.ts"
import * as Rows from "./Rows.ts"
import type { Table } from "./Table.ts"

/** The value itself, if the engine holds it. */
const ifHeld =
  (encode: (value: Json) => unknown) =>
  (value: Json): unknown =>
    encode(value) === undefined ? undefined : value

/** The same engine, with values as JSON in place of its own. */
const asJson = (dialect: Dialect): Dialect => {
  const { boolean, integer, json, number, string, timestamp } = dialect.encode
  return {
    ...dialect,
    encode: {
      string: ifHeld(string),
      integer: ifHeld(integer),
      number: ifHeld(number),
      boolean: ifHeld(boolean),
      timestamp: ifHeld(timestamp),
      json: ifHeld(json)
    }
  }
}

/** The columns of a row that have a value. When it was loaded is not known before. */
const rowAt = ({ columns, table }: Rows.Rows, row: number): { readonly [column: string]: Json } =>
  Object.fromEntries(
    table.columns.flatMap(({ name }, at) => {
      const value = columns[at]![row] as Json
      return value === null || name === "loaded_at" ? [] : [[name, value]]
    })
  )

const recordsOf = (tables: ReadonlyArray<Table>, dialect: Dialect): EventSink.Records => {
  const rowsOf = Rows.make(tables, asJson(dialect))
  return (message) =>
    rowsOf([message], 0).flatMap((rows) =>
      rows.ids.map((_, row) => ({ to: `table ${rows.table.name}`, record: rowAt(rows, row) }))
    )
}

/** What is known before the sink opens. */
const nothing: EventSink.Records = () => []

/**
 * The options `open` and `records` of `EventSink.make` for a warehouse, from a function that opens it with the tables that the plan needs. The records
 * of a message are its rows as JSON, without the columns that have no value and `loaded_at`: those of the tracker that has opened the sink last.
 *
 * Opening fails as `Layout.make` does.
 *
 * @example
 * ```ts
 * import { EventSink, Receipt } from "@trackmap/core"
 * import { type Dialect, Layout, Observed } from "@trackmap/warehouse"
 * import * as Effect from "effect/Effect"
 *
 * export const sink = (dialect: Dialect.Dialect, options: Layout.Options) =>
 *   EventSink.make({
 *     name: "names of tables",
 *     ...Observed.make(dialect, options, (tables) => {
 *       console.log(tables.map(({ name }) => name))
 *       return Effect.succeed((batch: EventSink.Batch) => Effect.succeed(batch.all(Receipt.delivered)))
 *     })
 *   })
 * ```
 */
export const make = <A, E, R>(
  dialect: Dialect,
  { columns, tables }: Layout.Options,
  open: (tables: ReadonlyArray<Table>) => Effect.Effect<A, E, R>
): {
  readonly records: EventSink.Records
  readonly open: (plan: Plan.Plan | undefined) => Effect.Effect<A, E | Misconfigured, R>
} => {
  let shown = nothing
  return {
    records: (message: Message) => shown(message),
    open: (plan) =>
      Effect.flatMap(Layout.make(plan, dialect, { columns, tables }), (wanted) => {
        shown = recordsOf(wanted, dialect)
        return open(wanted)
      })
  }
}
