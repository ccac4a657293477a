import type { Table } from "@trackmap/warehouse"

const special = /["\\]/
const each = /["\\]/g

const quoted = (text: string): string => `"${special.test(text) ? text.replace(each, "\\$&") : text}"`

/**
 * The values of a column as the text of a PostgreSQL array ("Arrays", "Array Input and Output Syntax"). Text in quotes can hold anything, and only a
 * bare NULL is null.
 */
export const textOf = (kind: Table.Kind, values: ReadonlyArray<unknown>): string => {
  let text = "{"
  const isQuoted = kind !== "integer" && kind !== "number" && kind !== "boolean"
  for (let row = 0; row < values.length; row++) {
    const value = values[row]
    if (row > 0) text += ","
    text += value === null ? "NULL" : isQuoted ? quoted(value as string) : String(value)
  }
  return `${text}}`
}
