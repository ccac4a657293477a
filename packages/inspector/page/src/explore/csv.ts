/** A result as CSV (RFC 4180), for spreadsheets and other programs. */
import type { Answered } from "../../../src/internal/protocol.ts"
import { isNumber } from "./asking.ts"

/** Spreadsheets take a text that starts like this for a formula, and run it. An apostrophe before it makes it a text. */
const formula = /^[\s\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/

const quoted = (text: string): string => {
  const safe = formula.test(text) ? `'${text}` : text
  // The empty text is quoted, so that it differs from null.
  return safe === "" || /[",;\r\n\t]|^\s|\s$/.test(safe) ? `"${safe.replaceAll(`"`, `""`)}"` : safe
}

const isDecimal = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

type Cell = Answered["rows"][number][number]

const written = (cell: Cell, isNumeric: boolean): string => {
  if (cell === null) return ""
  if (typeof cell === "number" || typeof cell === "boolean") return String(cell)
  if (typeof cell === "string") return isNumeric && isDecimal.test(cell) ? cell : quoted(cell)
  return quoted(JSON.stringify(cell))
}

/** The rows with a header. `time` writes the times of a question. */
export const csvOf = (
  { columns, rows }: Pick<Answered, "columns" | "rows">,
  time?: (instant: string) => string
): string => {
  const numeric = columns.map(({ kind }) => isNumber(kind))
  const lines = rows.map((row) =>
    row.map((cell, index) =>
      index === 0 && time !== undefined && typeof cell === "string" ? time(cell) : written(cell, numeric[index]!)
    )
  )
  // The mark at the start tells spreadsheets that the text is UTF-8.
  return `\ufeff${[columns.map(({ name }) => quoted(name)), ...lines].map((line) => line.join(",")).join("\r\n")}\r\n`
}
