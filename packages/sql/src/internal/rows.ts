/** From the rows of a driver to those of a description. */
import type { ResolveFailed } from "@trackmap/core/RowError"
import * as Result from "effect/Result"
import { misfit } from "./decode.ts"
import { misfitKey, misfitOf } from "./failure.ts"
import { alias, type Select } from "./statement.ts"

type Raw = Readonly<Record<string, unknown>>
export type Row = Record<string, unknown>

/** Reading a value that is not of its column's kind fails, so that an event loses this one attribute, and says why. */
const refuseToRead = (row: Row, { columns, table }: Select, index: number, raw: unknown): void => {
  const column = columns[index]!
  const error = misfitOf(table, column, raw)
  Object.defineProperty(row, column.field, {
    enumerable: true,
    get: () => {
      throw error
    }
  })
}

/** The rows whose key is one of the wanted. The database's own comparison can be wider, by a collation or an affinity. */
export const decoded = (
  select: Select,
  rows: ReadonlyArray<Raw>,
  wanted: ReadonlySet<unknown>
): Result.Result<ReadonlyArray<Row>, ResolveFailed> => {
  const { by, columns, table } = select
  const fields = columns.map(({ field }) => field)
  const decoders = columns.map(({ decode }) => decode)
  const aliases = columns.map((_, index) => alias(index))
  const keyIndex = columns.indexOf(by)
  const found: Array<Row> = []
  for (const raw of rows) {
    const rawKey = raw[aliases[keyIndex]!]
    const key = decoders[keyIndex]!(rawKey)
    if (key === misfit) return Result.fail(misfitKey(table, by, rawKey))
    if (!wanted.has(key)) continue
    const row: Row = {}
    for (let index = 0; index < fields.length; index++) {
      const value = raw[aliases[index]!]
      // Null in a column that is not nullable is for the attribute's schema to judge.
      const one = value === null || value === undefined ? null : decoders[index]!(value)
      if (one === misfit) refuseToRead(row, select, index, value)
      else row[fields[index]!] = one
    }
    found.push(row)
  }
  return Result.succeed(found)
}
