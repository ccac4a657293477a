import * as Options from "@trackmap/core/Options"
import { identity } from "effect/Function"
import { hasProperty } from "effect/Predicate"
import { type ColumnImpl, isColumn, type Kind } from "./column.ts"
import { checkName, refuse, said } from "./refuse.ts"

export const TypeId = "~@trackmap/sql/Table" as const

const variance = { _C: identity, _Key: identity }

/** Refuses what is no table. `caller` is the function that was called with it. */
export const tableOf = (caller: string, given: unknown): TableImpl =>
  hasProperty(given, TypeId)
    ? (given as unknown as TableImpl)
    : refuse(caller, "BadPath", `it takes a table, such as Table.make returns, not ${said(given)}`)

/** A column of a table, with the names of both sides. */
export interface TableColumn extends ColumnImpl {
  /** The field of the rows. */
  readonly field: string
  /** The column in the database. */
  readonly column: string
}

export interface TableImpl {
  readonly [TypeId]: object
  readonly table: string
  readonly schema: string | undefined
  readonly key: string
  readonly described: ReadonlyMap<string, TableColumn>
  /** Its name for people. */
  readonly title: string
}

export interface TableOptions {
  readonly key: string
  readonly columns: Readonly<Record<string, unknown>>
  readonly schema?: string | undefined
}

/** The kinds that a key can have: those that all databases and JavaScript compare in the same way. */
export const keyKinds: ReadonlyArray<Kind> = ["int", "bigint", "text", "uuid", "literals"]

/** A column that rows are found by. */
export const keyColumn = ({ described, title }: TableImpl, what: string, field: string): TableColumn => {
  const path = `${title}.${field}`
  const column =
    described.get(field) ??
    refuse(title, "BadKey", `${what} ${said(field)} is no column (it has ${[...described.keys()].join(", ")})`, path)
  return keyKinds.includes(column.kind)
    ? column
    : refuse(title, "BadKey", `${what} ${said(field)} cannot be ${column.kind}: use ${keyKinds.join(", ")}`, path)
}

const columnOf = (title: string, field: string, column: unknown): TableColumn =>
  isColumn(column)
    ? { ...column, field, column: column.column ?? checkName(title, "the name of a column", field) }
    : refuse(title, "BadPath", `${field} is no column, such as Column.int, but ${said(column)}`, `${title}.${field}`)

const describe = (title: string, columns: TableOptions["columns"]): ReadonlyMap<string, TableColumn> => {
  if (typeof columns !== "object" || columns === null) {
    refuse(title, "BadPath", `columns must be columns by name, not ${said(columns)}`)
  }
  const described = new Map<string, TableColumn>()
  const fields = new Map<string, string>()
  for (const [field, given] of Object.entries(columns)) {
    const column = columnOf(title, field, given)
    const other = fields.get(column.column)
    if (other !== undefined) {
      const detail = `${other} and ${field} are both the column ${said(column.column)}: remove one of them`
      refuse(title, "DuplicateName", detail, `${title}.${field}`)
    }
    fields.set(column.column, field)
    described.set(field, column)
  }
  return described
}

export const make = (name: string, options: TableOptions): TableImpl => {
  const table = checkName("Table.make", "the name of a table", name)
  const { columns, key, schema } = Options.check<TableOptions>(table, options, {
    key: true,
    columns: true,
    schema: true
  })
  const title = schema === undefined ? table : `${checkName(table, "the name of a schema", schema)}.${table}`
  const impl: TableImpl = { [TypeId]: variance, table, schema, key, described: describe(title, columns), title }
  if (keyColumn(impl, "the key", key).nullable) {
    refuse(title, "BadKey", `the key ${said(key)} cannot be nullable: a key identifies each row`, `${title}.${key}`)
  }
  return impl
}
