import { Misconfigured, type Unavailable } from "@trackmap/core/SendError"
import { Migration, Sql, Table } from "@trackmap/warehouse"
import * as Effect from "effect/Effect"
import * as catalogue from "./catalogue.ts"
import type { Client, Query } from "./client.ts"
import { dialect } from "./dialect.ts"
import { type Failure, toOpenError } from "./failure.ts"
import { named, statementsOf, uniqueOf } from "./statements.ts"

/** Whether a message would be there once: by its id, or its id and time in a table that is partitioned by time. */
const isOnce = (unique: ReadonlyArray<ReadonlyArray<string | null>>, table: Table.Table): boolean =>
  unique.some(
    (columns) =>
      columns.includes("message_id") &&
      (table.of._tag === "Misfits" || columns.every((name) => name === "message_id" || name === "timestamp"))
  )

/** Why the tables cannot be there, apart from their columns. */
const problemsOf = (
  wanted: ReadonlyArray<Table.Table>,
  { encoding, others, tables }: catalogue.Catalogue,
  schema: string
): ReadonlyArray<string> => {
  const byName = new Map(tables.map((table) => [table.name, table]))
  const problems =
    encoding === "UTF8" ? [] : [`the database has the encoding ${encoding}: create one with the encoding UTF8`]
  for (const table of wanted) {
    const other = others.get(table.name)
    if (other !== undefined) {
      problems.push(
        `"${table.name}" is ${other} in the schema "${schema}", and the plan needs a table: use another schema`
      )
    }
    const found = byName.get(table.name)
    if (found?.columns.some(({ name }) => name === "message_id") && !isOnce(found.unique, table)) {
      problems.push(
        `the table "${table.name}" would have a message twice: run CREATE UNIQUE INDEX ON ${named(schema)(table.name)} ${uniqueOf(table)}`
      )
    }
  }
  if (byName.has(Table.events) || (others.has(Table.events) && others.get(Table.events) !== "a view")) {
    problems.push(`"${Table.events}" is not the sink's view in the schema "${schema}": use another schema`)
  }
  return problems
}

const compare = Effect.fnUntraced(function* (
  wanted: ReadonlyArray<Table.Table>,
  found: catalogue.Catalogue,
  schema: string
) {
  const problems = problemsOf(wanted, found, schema)
  if (problems.length > 0) return yield* new Misconfigured({ reason: problems.join("; ") })
  return yield* Migration.make(wanted, found.tables, dialect)
})

/** Makes the changes, in the order of the tables' names, as batches lock them. */
const apply = Effect.fnUntraced(function* (
  query: Query,
  changes: ReadonlyArray<Migration.Change>,
  schema: string,
  exists: boolean
) {
  const nameOf = named(schema)
  if (!exists) yield* query(`CREATE SCHEMA ${Sql.quote(schema)}`)
  const sorted = [...changes].sort((a, b) => (a.table.name < b.table.name ? -1 : a.table.name > b.table.name ? 1 : 0))
  for (const change of sorted) {
    for (const statement of statementsOf(change, nameOf)) yield* query(statement)
  }
  const { tables } = yield* catalogue.read(query, schema)
  yield* query(`CREATE OR REPLACE VIEW ${nameOf(Table.events)} AS ${Sql.events(tables, nameOf)}`)
})

/** What a role needs that lacks a right. */
const remedyOf = (schema: string, { exists, role }: catalogue.Catalogue): string => {
  const [name, to] = [Sql.quote(schema), Sql.quote(role)]
  return exists
    ? `open the sink once as the owner of the tables, or run GRANT USAGE, CREATE ON SCHEMA ${name} TO ${to} (only a table's owner can change it)`
    : `run CREATE SCHEMA ${name} AUTHORIZATION ${to}`
}

/** Whether nothing is to be changed. */
const isDone = (found: catalogue.Catalogue, { changes }: Migration.Migration): boolean =>
  changes.length === 0 && found.others.has(Table.events)

/**
 * Makes the tables as the plan needs them, and returns them with the kinds that their columns have. Several instances may do so at once: one after
 * the other, behind a lock. If nothing is to be changed, no right but to read the catalogue is needed.
 */
export const migrate = Effect.fnUntraced(function* (
  client: Client,
  wanted: ReadonlyArray<Table.Table>,
  schema: string
): Effect.fn.Return<ReadonlyArray<Table.Table>, Unavailable | Misconfigured> {
  let remedy = "grant the role the rights that the README lists"
  const looked = client.transaction(
    Effect.fnUntraced(function* (query) {
      const found = yield* catalogue.read(query, schema)
      remedy = remedyOf(schema, found)
      const compared = yield* compare(wanted, found, schema)
      return isDone(found, compared) ? compared.tables : undefined
    })
  )
  const changed = client.transaction(
    Effect.fnUntraced(function* (query) {
      // Whoever waits for a table's lock keeps everyone else waiting behind.
      yield* query("SET LOCAL lock_timeout = '10s'")
      yield* query("SET LOCAL standard_conforming_strings = on")
      yield* query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))::text", [`@trackmap/postgres ${schema}`])
      const found = yield* catalogue.read(query, schema)
      const compared = yield* compare(wanted, found, schema)
      if (!isDone(found, compared)) yield* apply(query, compared.changes, schema, found.exists)
      return compared.tables
    })
  )
  const opened = (error: Failure | Misconfigured): Unavailable | Misconfigured =>
    error._tag === "Failure" ? toOpenError(error, remedy) : error
  const tables = yield* Effect.mapError(looked, opened)
  return tables ?? (yield* Effect.mapError(changed, opened))
})
