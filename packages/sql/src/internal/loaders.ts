/** The loaders that follow from a description. */
import * as Loader from "@trackmap/core/Loader"
import type { ResolveFailed } from "@trackmap/core/RowError"
import * as Effect from "effect/Effect"
import { type Connection, unknownDialect } from "./connection.ts"
import * as failure from "./failure.ts"
import * as keys from "./keys.ts"
import { decoded, type Row } from "./rows.ts"
import { type Dialect, type Select, textOf } from "./statement.ts"

type Rows = Effect.Effect<ReadonlyArray<Row>, ResolveFailed>

/** What each dialect's text is, made on first use. */
const textsOf = (select: Select): ((dialect: Dialect) => string) => {
  const texts: Partial<Record<Dialect, string>> = {}
  return (dialect) => (texts[dialect] ??= textOf(select, dialect))
}

/** The batch function of a query: the rows of any number of keys. */
const loadOf = (connection: Connection, select: Select): ((given: ReadonlyArray<unknown>) => Rows) => {
  const { by, table } = select
  const text = textsOf(select)
  return (given) => {
    const wanted = keys.wanted(by, given)
    if (wanted.length === 0) return Effect.succeed([])
    const ids = new Set<unknown>(wanted)
    return connection.run({ text, parameter: (dialect) => keys.parameter(wanted, dialect) }).pipe(
      Effect.mapError((error) =>
        error === unknownDialect ? failure.unknownDialect(table) : failure.fromDriver(select, error)
      ),
      Effect.flatMap((rows) => Effect.fromResult(decoded(select, rows, ids)))
    )
  }
}

const optionsOf = (connection: Connection, select: Select) => ({
  name: select.table.title,
  load: loadOf(connection, select),
  keyOf: (row: Row): unknown => row[select.by.field],
  hash: keys.idIn(select.by)
})

/** Which of several rows would count is chance. */
const unique =
  (select: Select) =>
  (rows: ReadonlyArray<Row>): Rows =>
    new Set(rows.map((row) => row[select.by.field])).size === rows.length
      ? Effect.succeed(rows)
      : Effect.fail(failure.notUnique(select.table, select.by))

type AnyLoader = Loader.Loader<any, any, any, ResolveFailed>

/** At most one row for each key. */
export const one = (connection: Connection, select: Select): AnyLoader => {
  const { load, ...options } = optionsOf(connection, select)
  const checked = (given: ReadonlyArray<unknown>): Rows => Effect.flatMap(load(given), unique(select))
  return Loader.byKey({ ...options, load: checked }).pipe(Loader.groupedBy(connection.groupOf))
}

/** All rows of each key, in their order. */
export const many = (connection: Connection, select: Select): AnyLoader =>
  Loader.byForeignKey(optionsOf(connection, select)).pipe(Loader.groupedBy(connection.groupOf))
