import { type Column, Exception } from "./model.ts"

const cannotRead = (column: Column, code = 27): Exception =>
  new Exception(code, `Cannot parse input: (while reading the value of key ${column.name})`)

/** What ClickHouse stores where there is no value. */
const defaults = new Map<string, unknown>([
  ["String", ""],
  ["Int64", 0],
  ["Float64", 0],
  ["Bool", false]
])

const time = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.(\d{1,6}))?$/

/** The stored value of a value that is not null, as the engine reads it from JSON. */
const stored = (column: Column, type: string, value: unknown): unknown => {
  switch (type) {
    case "String":
      return typeof value === "string" ? value : JSON.stringify(value)
    case "Int64":
      if (typeof value === "boolean") return Number(value)
      if (typeof value !== "number" || !Number.isInteger(value)) throw cannotRead(column)
      // Without an error, the engine keeps the lowest 64 bits.
      return Number(BigInt.asIntN(64, BigInt(value)))
    case "Float64":
      if (typeof value !== "number") throw cannotRead(column)
      return value
    case "Bool":
      if (typeof value !== "boolean" && value !== 0 && value !== 1) throw cannotRead(column, 467)
      return Boolean(value)
    case "DateTime64(6, 'UTC')": {
      if (typeof value !== "string") throw cannotRead(column)
      const match = time.exec(value)
      if (match === null) throw cannotRead(column, 41)
      return `${value.slice(0, 19)}.${(match[1] ?? "").padEnd(6, "0")}`
    }
    default:
      throw new Exception(50, `Unknown data type family: ${type}`)
  }
}

/** The stored value of a value in JSON. */
export const valueOf = (column: Column, value: unknown, nullAsDefault: boolean): unknown => {
  const inner = /^Nullable\((.*)\)$/.exec(column.type)?.[1]
  if (value !== null) return stored(column, inner ?? column.type, value)
  if (inner !== undefined) return null
  if (!nullAsDefault) throw cannotRead(column, 117)
  return defaults.get(column.type) ?? "1970-01-01 00:00:00.000000"
}
