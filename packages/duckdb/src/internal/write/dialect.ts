import * as Dialect from "@trackmap/warehouse/Dialect"
import * as Instant from "@trackmap/warehouse/Instant"
import type { Kind } from "@trackmap/warehouse/Table"

const types = {
  string: "VARCHAR",
  integer: "BIGINT",
  number: "DOUBLE",
  boolean: "BOOLEAN",
  timestamp: "TIMESTAMP WITH TIME ZONE",
  json: "JSON"
} as const

const kinds = new Map(Object.entries(types).map(([kind, type]) => [type as string, kind as Kind]))

/** DuckDB's JSON refuses the escape of half a surrogate pair, which `JSON.stringify` writes for text that is not well-formed. */
const loneSurrogate = /(?<!\\)(?:\\\\)*\\ud[89a-f]/

/** The kind of a column by its type in DuckDB's catalogue. */
export const kindOf = (type: string): Kind | undefined => kinds.get(type)

/** DuckDB. Times are microseconds. */
export const dialect: Dialect.Dialect = {
  name: "DuckDB",
  types,
  kindOf,
  // Names that differ only by the case of ASCII letters are one name to DuckDB, and all others differ.
  fold: (name) => name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()),
  encode: {
    ...Dialect.encode,
    timestamp: (value) => (typeof value === "string" ? Instant.micros(value) : undefined),
    json: (value) => {
      const text = Dialect.jsonText(value)
      return text.includes("\\ud") && loneSurrogate.test(text) ? undefined : text
    }
  }
}
