import type { Json } from "@trackmap/core/Message"
import * as Dialect from "@trackmap/warehouse/Dialect"
import * as Instant from "@trackmap/warehouse/Instant"
import type { Kind } from "@trackmap/warehouse/Table"

const types = {
  string: "String",
  integer: "Int64",
  number: "Float64",
  boolean: "Bool",
  timestamp: "DateTime64(6, 'UTC')",
  // ClickHouse's own JSON type refuses lists and large numbers, drops nulls, and takes "a.b" for a path.
  json: "String COMMENT 'JSON'"
} as const

const kinds = new Map(Object.entries(types).map(([kind, type]) => [type as string, kind as Kind]))

/** `Nullable(Int64)` is a type of integers. A `LowCardinality` that somebody has added changes how values are stored, and not which. */
const bare = (type: string): string =>
  type.replaceAll(/\b(?:Nullable|LowCardinality)\(((?:[^()]|\([^()]*\))*)\)/g, "$1")

/** The times that DateTime64 documents: from 1900 to 2299. */
const first = BigInt(Date.UTC(1900, 0)) * 1000n
const last = BigInt(Date.UTC(2300, 0)) * 1000n - 1n

/** A time as ClickHouse's own format writes it, in UTC: `2026-01-01 00:00:00.000001`. */
const timestamp = (value: Json): string | undefined => {
  const micros = typeof value === "string" ? Instant.micros(value) : undefined
  if (micros === undefined || micros < first || micros > last) return undefined
  const part = ((micros % 1_000n) + 1_000n) % 1_000n
  const text = new Date(Number((micros - part) / 1_000n)).toISOString()
  return `${text.slice(0, 10)} ${text.slice(11, 23)}${String(part).padStart(3, "0")}`
}

/** ClickHouse. Its names differ by case. */
export const dialect: Dialect.Dialect = {
  name: "ClickHouse",
  types,
  kindOf: (type) => kinds.get(bare(bare(type))),
  fold: (name) => name,
  encode: { ...Dialect.encode, timestamp }
}
