import * as Loader from "@trackmap/core/Loader"
import * as Options from "@trackmap/core/Options"
import type { ResolveFailed } from "@trackmap/core/RowError"
import type { Connection } from "./connection.ts"
import * as loaders from "./loaders.ts"
import { refuse, said } from "./refuse.ts"
import type { Order, Select } from "./statement.ts"
import { keyColumn, type TableColumn, type TableImpl, tableOf } from "./table.ts"

type AnyLoader = ReturnType<typeof loaders.one>
type AnyLookup = Loader.Lookup<any, any, ResolveFailed>

export interface ManyOptions {
  readonly orderBy?: ReadonlyArray<string | readonly [field: string, direction: "asc" | "desc"]> | undefined
}

/** The columns of the fields that are read, and of those that the query itself needs. All if nobody knows what is read. */
const columnsOf = (
  { described }: TableImpl,
  fields: ReadonlyArray<string> | undefined,
  needed: ReadonlyArray<TableColumn>
): ReadonlyArray<TableColumn> => {
  const all = [...described.values()]
  const isKnown = fields?.every((field) => described.has(field)) === true
  return isKnown ? all.filter((column) => needed.includes(column) || fields.includes(column.field)) : all
}

const ordersOf = (table: TableImpl, given: ManyOptions["orderBy"]): ReadonlyArray<Order> => {
  if (given !== undefined && !Array.isArray(given)) {
    refuse(table.title, "BadPath", `orderBy must be an array of fields, not ${said(given)}`)
  }
  const orders = (given ?? []).map((one): Order => {
    const [field, direction] = typeof one === "string" ? ([one, "asc"] as const) : one
    const column = table.described.get(field)
    if (column === undefined) return refuse(table.title, "BadPath", `orderBy has ${said(field)}, which is no column`)
    if (direction !== "asc" && direction !== "desc") {
      refuse(table.title, "BadPath", `orderBy has the direction ${said(direction)}: use "asc" or "desc"`)
    }
    return { column, descending: direction === "desc" }
  })
  const key = table.described.get(table.key)!
  // Rows that are equal in all else would otherwise come in any order.
  return orders.some(({ column }) => column === key) ? orders : [...orders, { column: key, descending: false }]
}

/** One loader for each query, so that relations to the same rows share batches. */
export const make = (connection: Connection) => {
  const known = new Map<TableImpl, Map<string, AnyLoader>>()
  const loaderOf = (kind: "one" | "many", select: Select): AnyLoader => {
    const { by, columns, orderBy, table } = select
    const orders = orderBy.map(({ column, descending }) => [column.field, descending])
    const id = JSON.stringify([kind, by.field, columns.map(({ field }) => field), orders])
    const ofTable = known.get(table) ?? new Map<string, AnyLoader>()
    known.set(table, ofTable)
    const loader = ofTable.get(id) ?? (kind === "one" ? loaders.one : loaders.many)(connection, select)
    ofTable.set(id, loader)
    return loader
  }

  const one = (given: unknown, field: string): AnyLookup => {
    const table = tableOf("db.one", given)
    const by = keyColumn(table, "the key", table.key)
    return Loader.atField(field, (fields) =>
      loaderOf("one", { table, by, columns: columnsOf(table, fields, [by]), orderBy: [] })
    )
  }

  const many = (given: unknown, foreignKey: string, field: string, options: ManyOptions = {}): AnyLookup => {
    const table = tableOf("db.many", given)
    const by = keyColumn(table, "the foreign key", foreignKey)
    const orderBy = ordersOf(table, Options.check<ManyOptions>(table.title, options, { orderBy: true }).orderBy)
    return Loader.atField(field, (fields) =>
      loaderOf("many", { table, by, columns: columnsOf(table, fields, [by]), orderBy })
    )
  }

  return { one, many }
}
