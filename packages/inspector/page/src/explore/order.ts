/** The order of rows. */
import type { Answered } from "../../../src/internal/protocol.ts"

/** By a column. */
export interface Order {
  readonly column: number
  readonly is: "ascending" | "descending"
}

type Cell = Answered["rows"][number][number]

/** Numbers before texts. Integers that JSON cannot have are texts, and are compared as numbers. */
const compare = (a: Cell, b: Cell): number => {
  if (typeof a === "number" && typeof b === "number") return a - b
  const textA = typeof a === "object" ? JSON.stringify(a) : String(a)
  const textB = typeof b === "object" ? JSON.stringify(b) : String(b)
  const difference = Number(textA) - Number(textB)
  if (textA !== "" && textB !== "" && difference !== 0 && !Number.isNaN(difference)) return difference
  return textA < textB ? -1 : textA > textB ? 1 : 0
}

/** The rows in order. Those without a value are last. */
export const sorted = (rows: Answered["rows"], { column, is }: Order): Answered["rows"] => {
  const sign = is === "ascending" ? 1 : -1
  return rows.toSorted((one, other) => {
    const a = one[column] ?? null
    const b = other[column] ?? null
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
    return sign * compare(a, b)
  })
}
