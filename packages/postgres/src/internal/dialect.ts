import type { Json } from "@trackmap/core/Message"
import { Dialect, Instant, type Table } from "@trackmap/warehouse"

/** Types of the catalogue, as `format_type` writes them. */
const kinds: Readonly<Record<string, Table.Kind>> = {
  text: "string",
  "character varying": "string",
  bigint: "integer",
  "double precision": "number",
  boolean: "boolean",
  "timestamp with time zone": "timestamp",
  jsonb: "json",
  json: "json"
}

/** The times that PostgreSQL reads as JavaScript does. */
const plain = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/
/** PostgreSQL's times begin with the year 4713 BC ("Date/Time Types"), and end after JavaScript's. */
const earliest = BigInt(Date.UTC(-4712, 0, 1)) * 1_000n

/** A time as PostgreSQL reads it: years after 9999 without a sign, and before the year 1 with BC. */
const textOf = (micros: bigint): string => {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const date = new Date(Number((micros - fraction) / 1_000n))
  const year = date.getUTCFullYear()
  const rest = date.toISOString().slice(-20, -5)
  const written = String(year > 0 ? year : 1 - year).padStart(4, "0")
  return `${written}${rest}.${String(fraction).padStart(6, "0")}Z${year > 0 ? "" : " BC"}`
}

const timestamp = (value: Json): string | undefined => {
  if (typeof value !== "string") return undefined
  const micros = Instant.micros(value)
  if (micros === undefined) return undefined
  if (plain.test(value)) return value
  return micros < earliest ? undefined : textOf(micros)
}

/** A null character or a lone surrogate, which `JSON.stringify` writes as an escape. PostgreSQL's jsonb has neither ("JSON Types"). */
const unheld = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/

const json = (value: Json): string | undefined => {
  const text = Dialect.jsonText(value)
  return text.includes("\\u") && unheld.test(text) ? undefined : text
}

export const dialect: Dialect.Dialect = {
  name: "PostgreSQL",
  types: {
    string: "text",
    integer: "bigint",
    number: "double precision",
    boolean: "boolean",
    timestamp: "timestamptz",
    json: "jsonb"
  },
  kindOf: (type) => kinds[type],
  // A quoted name is one name with its case ("Identifiers and Key Words").
  fold: (name) => name,
  nameBytes: 63,
  columns: 1_600,
  reserved: new Set(["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"]),
  encode: {
    ...Dialect.encode,
    string: (value) => (typeof value === "string" && value.isWellFormed() && !value.includes("\0") ? value : undefined),
    timestamp,
    json
  }
}
