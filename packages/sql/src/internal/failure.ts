/** From the error of a driver to one that contains no value. */
import { ResolveFailed } from "@trackmap/core/RowError"
import { TableError } from "../TableError.ts"
import type { Select } from "./statement.ts"
import type { TableColumn, TableImpl } from "./table.ts"

interface Found {
  /** A code such as `42P01`, `SQLite 1` or `ECONNREFUSED`. */
  readonly code: string | undefined
  readonly message: string
}

const depth = 6

/** The code and the text of the driver's own error, which other libraries wrap. */
const found = (error: unknown): Found => {
  let code: string | undefined
  let message = ""
  for (let at = error, level = 0; typeof at === "object" && at !== null && level < depth; level++) {
    const layer = at as Readonly<Record<"cause" | "code" | "errcode" | "message" | "reason", unknown>>
    if (typeof layer.errcode === "number") code = `SQLite ${layer.errcode}`
    else if (typeof layer.code === "string" && /^\w{1,40}$/.test(layer.code)) code ??= layer.code
    if (typeof layer.message === "string") message = layer.message
    at = layer.cause ?? layer.reason
  }
  return { code, message }
}

interface Said {
  readonly reason: string
  readonly remedy: string
  readonly column?: string
}

const described = "Describe the table as the database has it, or change the database."

/** Only names that the description has: a text of the database can quote values. */
const namedIn = (message: string, { by, columns }: Select): TableColumn | undefined =>
  [...columns, by]
    .toSorted((a, b) => b.column.length - a.column.length)
    .find(({ column }) => message.includes(`t.${column}`) || message.includes(`t."${column}"`))

const missingColumn = (message: string, select: Select): Said => {
  const column = namedIn(message, select)?.column
  if (column === undefined) return { reason: "has not all the columns of its description", remedy: described }
  return { reason: `has no column ${column}, which its description has`, remedy: described, column }
}

/** Codes: PostgreSQL's manual, appendix A. SQLite has one code for all, and the text tells them apart. */
const said = ({ code = "", message }: Found, select: Select): Said => {
  if (code === "42P01" || code === "3F000" || message.startsWith("no such table")) {
    return {
      reason: "does not exist in the database",
      remedy: `Check its name, its schema and the connection. ${described}`
    }
  }
  if (code === "42703" || message.startsWith("no such column")) return missingColumn(message, select)
  if (code === "42883" || code === "42846" || code === "42804") {
    const reason = "has a column whose type in the database is not of the kind that its description says"
    return { reason, remedy: described }
  }
  if (code === "42501")
    return { reason: "cannot be read with the role's rights", remedy: "Grant it SELECT on the table." }
  if (code === "ERR_OUT_OF_RANGE") {
    return { reason: "has an integer above 2^53 - 1", remedy: "Describe the column as Column.bigint." }
  }
  return { reason: "could not be queried", remedy: "Look the code up, and check the database and the connection." }
}

/** The failure of a relation. */
export const failure = ({ title }: TableImpl, { column, reason, remedy }: Said): ResolveFailed =>
  new ResolveFailed({
    path: title,
    reason,
    remedy,
    cause: new TableError({ table: title, reason, remedy, ...(column === undefined ? {} : { column }) })
  })

/** The failure for what a driver threw. */
export const fromDriver = (select: Select, error: unknown): ResolveFailed => {
  const known = found(error)
  const { reason, ...rest } = said(known, select)
  return failure(select.table, { ...rest, reason: known.code === undefined ? reason : `${reason} (${known.code})` })
}

/** A value by its type, since the value can be personal data. */
const typeOf = (raw: unknown): string => {
  if (raw === null || raw === undefined) return "null"
  if (typeof raw === "string") return `a text of length ${raw.length}`
  return raw instanceof Uint8Array ? "bytes" : `a ${typeof raw}`
}

const unlike = ({ column, kind }: TableColumn, raw: unknown): Said => ({
  column,
  reason: `has in its column ${column} ${typeOf(raw)}, which is not ${kind}`,
  remedy: described
})

/** The error of one value that is not of its column's kind. */
export const misfitOf = ({ title }: TableImpl, column: TableColumn, raw: unknown): TableError =>
  new TableError({ table: title, ...unlike(column, raw) } as ConstructorParameters<typeof TableError>[0])

/** The failure for a key that is not of its column's kind: nobody can tell whose row it is. */
export const misfitKey = (table: TableImpl, column: TableColumn, raw: unknown): ResolveFailed =>
  failure(table, unlike(column, raw))

export const notUnique = (table: TableImpl, { column }: TableColumn): ResolveFailed =>
  failure(table, {
    column,
    reason: `has several rows with the same ${column}, which its description calls the key`,
    remedy: "Use a column with a primary key or a unique constraint, or relate the rows with db.many."
  })

export const unknownDialect = (table: TableImpl): ResolveFailed =>
  failure(table, {
    reason: "is in a database that is neither PostgreSQL nor SQLite",
    remedy: "Write the loader by hand, with Loader.byKey."
  })
