/**
 * What must change in a warehouse before a plan's tables are there. Columns are added, and integers become numbers; nothing is dropped, and no other
 * type changes.
 *
 * @module
 */
import { Misconfigured } from "@trackmap/core/SendError"
import * as Effect from "effect/Effect"
import type { Dialect } from "./Dialect.ts"
import type { Column, Existing, Table } from "./Table.ts"

/** A change. */
export type Change =
  | { readonly _tag: "CreateTable"; readonly table: Table }
  | { readonly _tag: "AddColumn"; readonly table: Table; readonly column: Column }
  | { readonly _tag: "WidenColumn"; readonly table: Table; readonly column: Column }

/** The changes, and the tables with the kinds and the names that their columns have after them. */
export interface Migration {
  readonly changes: ReadonlyArray<Change>
  readonly tables: ReadonlyArray<Table>
}

/** The changes that one table needs, or what stands against them. */
const compare = (table: Table, existing: Existing, dialect: Dialect) => {
  const { fold, kindOf, name: engine, types } = dialect
  const there = new Map(existing.columns.map((column) => [fold(column.name), column]))
  const changes: Array<Change> = []
  const problems: Array<string> = []
  const elsewhere =
    table.of._tag === "Event"
      ? `give the event another table (tables: { ${JSON.stringify(table.of.event)}: "another_name" })`
      : "use another database or schema"
  if (!table.unique.every((name) => there.has(fold(name)))) {
    const missing = table.unique.filter((name) => !there.has(fold(name)))
    problems.push(
      `the table "${table.name}" exists and is not one of Trackmap's, since it has no column ${missing.join(", ")}: ${elsewhere}`
    )
    return { changes, problems, table }
  }
  const columns = table.columns.map((column): Column => {
    const found = there.get(fold(column.name))
    if (found === undefined) {
      const added = { ...column, required: false }
      changes.push({ _tag: "AddColumn", table, column: added })
      return added
    }
    const kind = kindOf(found.type)
    if (kind === column.kind) return { ...column, name: found.name }
    if (kind === "number" && column.kind === "integer") return { ...column, name: found.name, kind }
    if (kind === "integer" && column.kind === "number") {
      const widened = { ...column, name: found.name }
      changes.push({ _tag: "WidenColumn", table, column: widened })
      return widened
    }
    problems.push(
      `the column "${found.name}" of the table "${table.name}" is ${found.type} in ${engine}, and the plan needs ${types[column.kind]}: ` +
        `rename the key, change the column's type yourself, or ${elsewhere}`
    )
    return column
  })
  return { changes, problems, table: { ...table, columns } }
}

/**
 * Compares the tables of a plan with those that exist. Columns that the plan no longer has stay. A column with numbers keeps them if the plan now has
 * integers.
 *
 * Fails with `Misconfigured`, which lists every column that has another type, with both types and the remedy.
 *
 * @example
 * ```ts
 * import { Dialect, Migration, Table } from "@trackmap/warehouse"
 * import * as Effect from "effect/Effect"
 *
 * const dialect: Dialect.Dialect = {
 *   name: "SQLite",
 *   types: { string: "TEXT", integer: "INTEGER", number: "REAL", boolean: "INTEGER", timestamp: "TEXT", json: "TEXT" },
 *   kindOf: () => undefined,
 *   fold: (name) => name.toLowerCase(),
 *   encode: Dialect.encode
 * }
 * const { changes } = Effect.runSync(Migration.make([Table.misfits], [], dialect))
 * console.log(changes.map(({ _tag, table }) => `${_tag} ${table.name}`)) // [ "CreateTable misfits" ]
 * ```
 */
export const make = (
  wanted: ReadonlyArray<Table>,
  existing: ReadonlyArray<Existing>,
  dialect: Dialect
): Effect.Effect<Migration, Misconfigured> =>
  Effect.suspend(() => {
    const there = new Map(existing.map((table) => [dialect.fold(table.name), table]))
    const compared = wanted.map((table) => {
      const found = there.get(dialect.fold(table.name))
      return found === undefined
        ? { changes: [{ _tag: "CreateTable" as const, table }], problems: [], table }
        : compare({ ...table, name: found.name }, found, dialect)
    })
    const problems = compared.flatMap((one) => one.problems)
    return problems.length === 0
      ? Effect.succeed({
          changes: compared.flatMap(({ changes }) => changes),
          tables: compared.map(({ table }) => table)
        })
      : Effect.fail(new Misconfigured({ reason: problems.join("; ") }))
  })
