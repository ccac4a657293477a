/** Cells that a spreadsheet would take for a formula. */
const formula = /^[=+\-@\t\r]/
const number = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/

/** Whether a text is not written as it is. */
export const isGuarded = (text: string): boolean => formula.test(text) && !number.test(text)

const cell = (text: string): string => {
  const guarded = isGuarded(text) ? `'${text}` : text
  return /[",\r\n]|^\s|\s$/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded
}

/** Rows by the names of their columns, as CSV (RFC 4180) with a header. A formula has an apostrophe before it. */
export const csv = <Column extends string>(
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<Partial<Record<Column, string>>>
): string =>
  [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ""))]
    .map((cells) => `${cells.map(cell).join(",")}\n`)
    .join("")
