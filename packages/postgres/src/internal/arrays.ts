import type { Table } from "@trackmap/warehouse"

const special = /["\\]/
const each = /["\\]/g

const quoted = (text: string): string => `"${special.test(text) ? text.replace(each, "\\$&") : text}"`

/**
 * The values of a column as the text of a PostgreSQL array ("Arrays", "Array Input and Output Syntax"). Text in quotes can hold anything, and only a
 * bare NULL is null.
 */
export const textOf = (kind: Table.Kind, values: ReadonlyArray<unknown>): string => {
  const isQuoted = kind !== "integer" && kind !== "number" && kind !== "boolean"
  // Joined, they are one flat text at once: a text that grows value by value is a tree, which the driver would have to make flat.
  const texts = values.map((value) => (value === null ? "NULL" : isQuoted ? quoted(value as string) : String(value)))
  return `{${texts.join(",")}}`
}
