/** The question that is put together on the page, and its form in the address. */
import type { Comparison, Measure, Question, ShownTable, WarehouseKind } from "../../../src/internal/protocol.ts"
import { instantOf, isZone, ownZone } from "./zone.ts"

/** A filter. It is in force once it has a key, and a value if it needs one. */
export interface Condition {
  readonly key: string
  readonly is: Comparison
  readonly value: string
}

/** The choices. Empty means none. */
export interface Asking {
  readonly table: string
  /** `count`, `users`, or `sum` or `average` with a key: `sum:OrderLine_qty`. */
  readonly measure: string
  readonly by: ReadonlyArray<string>
  readonly every: "" | "hour" | "day"
  readonly zone: string
  readonly period: "" | keyof typeof spans | "between"
  /** Local times in the zone, as `2026-11-30T14:00`. */
  readonly from: string
  readonly to: string
  readonly filters: ReadonlyArray<Condition>
}

const hour = 3_600_000

/** The periods up to now, in milliseconds. */
export const spans = { "1h": hour, "24h": 24 * hour, "7d": 168 * hour, "30d": 720 * hour, "90d": 2_160 * hour } as const

/** No question yet. */
export const nothing = (): Asking => ({
  table: "",
  measure: "count",
  by: [],
  every: "",
  zone: ownZone(),
  period: "",
  from: "",
  to: "",
  filters: []
})

const texts: ReadonlyArray<Comparison> = ["=", "!=", "contains", "null", "not null"]
const numbers: ReadonlyArray<Comparison> = ["=", "!=", "<", "<=", ">", ">=", "null", "not null"]
const times: ReadonlyArray<Comparison> = ["<", "<=", ">", ">=", "null", "not null"]
const truths: ReadonlyArray<Comparison> = ["=", "null", "not null"]
const anything: ReadonlyArray<Comparison> = ["null", "not null"]
const comparisons: ReadonlySet<string> = new Set([...texts, ...numbers])

/** The comparisons of a kind of key. */
export const comparisonsOf = (kind: WarehouseKind): ReadonlyArray<Comparison> =>
  kind === "string"
    ? texts
    : kind === "integer" || kind === "number"
      ? numbers
      : kind === "timestamp"
        ? times
        : kind === "boolean"
          ? truths
          : anything

/** Whether a comparison has a value. */
export const needsValue = (is: Comparison): boolean => is !== "null" && is !== "not null"

/** Whether sums and averages of a key exist. */
export const isNumber = (kind: WarehouseKind): boolean => kind === "integer" || kind === "number"

/** A measure as its key and what is calculated of it. */
export const measureOf = (measure: string): Measure => {
  const found = /^(sum|average):(.+)$/s.exec(measure)
  if (found !== null) return { of: found[1] as "sum" | "average", key: found[2]! }
  return { of: measure === "users" ? "users" : "count" }
}

/** The choices that a table has: others are dropped. */
export const fitted = (asking: Asking, table: ShownTable): Asking => {
  const kinds = new Map(table.columns.map(({ kind, name }) => [name, kind]))
  const measure = measureOf(asking.measure)
  const kind = "key" in measure ? kinds.get(measure.key) : undefined
  return {
    ...asking,
    table: table.name,
    measure: !("key" in measure) || (kind !== undefined && isNumber(kind)) ? asking.measure : "count",
    by: [...new Set(asking.by)].filter((key) => kinds.has(key)).slice(0, 2),
    filters: asking.filters.flatMap((filter) => {
      const found = kinds.get(filter.key)
      if (found === undefined) return []
      const known = comparisonsOf(found)
      return [known.includes(filter.is) ? filter : { ...filter, is: known[0]! }]
    })
  }
}

/** The value of a filter by the kind of its key, or undefined if it is not complete. */
const valueOf = (kind: WarehouseKind, text: string, zone: string): string | number | boolean | undefined => {
  if (text === "") return undefined
  switch (kind) {
    case "integer":
    case "number": {
      const value = Number(text)
      if (!Number.isFinite(value)) return undefined
      // A larger integer would be rounded.
      return /^[+-]?\d+$/.test(text.trim()) && !Number.isSafeInteger(value) ? text.trim() : value
    }
    case "boolean":
      return text === "true"
    case "timestamp":
      return isoOf(text, zone)
    default:
      return text
  }
}

/** The instant of a local time, as `2026-11-30T14:00`. */
const isoOf = (local: string, zone: string): string | undefined => {
  const at = Date.parse(`${local}Z`)
  return Number.isNaN(at) ? undefined : new Date(instantOf(at, zone)).toISOString()
}

const boundsOf = ({ from, period, to, zone }: Asking, now: number): Pick<Question, "from" | "to"> => {
  if (period === "") return {}
  if (period !== "between") return { from: new Date(now - spans[period]).toISOString() }
  const start = isoOf(from, zone)
  const end = isoOf(to, zone)
  return { ...(start !== undefined && { from: start }), ...(end !== undefined && { to: end }) }
}

/** The question that is asked of a table. Filters that are not complete are left out. */
export const questionOf = (asking: Asking, table: ShownTable, now: number): Omit<Question, "limit"> => {
  const { by, every, filters, measure, zone } = fitted(asking, table)
  const kinds = new Map(table.columns.map(({ kind, name }) => [name, kind]))
  return {
    table: table.name,
    measure: measureOf(measure),
    groupBy: by,
    ...(every !== "" && { every }),
    timeZone: zone,
    ...boundsOf(asking, now),
    filters: filters.flatMap(({ is, key, value }) => {
      if (!needsValue(is)) return [{ key, is }]
      const read = valueOf(kinds.get(key)!, value, zone)
      return read === undefined ? [] : [{ key, is, value: read }]
    })
  }
}

const address = "#explore"

/** The address of a question or, with a statement, of the statement. */
export const writeAddress = (asking: Asking, sql: string | undefined): string => {
  const written = new URLSearchParams()
  const add = (name: string, value: string) => value !== "" && written.append(name, value)
  if (sql !== undefined) written.append("sql", sql)
  add("table", asking.table)
  if (asking.table !== "") {
    add("measure", asking.measure)
    for (const key of asking.by) add("by", key)
    add("every", asking.every)
    add("zone", asking.zone)
    add("period", asking.period)
    if (asking.period === "between") {
      add("from", asking.from)
      add("to", asking.to)
    }
    for (const { is, key, value } of asking.filters) add("where", JSON.stringify([key, is, value]))
  }
  return written.size === 0 ? address : `${address}?${String(written)}`
}

const readCondition = (text: string): ReadonlyArray<Condition> => {
  try {
    const [key, is, value] = JSON.parse(text) as ReadonlyArray<unknown>
    const isCondition = typeof key === "string" && typeof is === "string" && typeof value === "string"
    return isCondition && comparisons.has(is) ? [{ key, is: is as Comparison, value }] : []
  } catch {
    return []
  }
}

/** Reads what `writeAddress` has written, or returns undefined for any other address. Anybody can write an address, so anything may be in it. */
export const readAddress = (
  hash: string
): { readonly asking: Asking; readonly sql: string | undefined } | undefined => {
  if (hash !== address && !hash.startsWith(`${address}?`)) return undefined
  const read = new URLSearchParams(hash.slice(address.length + 1))
  const one = (name: string) => read.get(name) ?? ""
  const among = <A extends string>(name: string, known: ReadonlyArray<A>): A | "" =>
    known.find((value) => value === one(name)) ?? ""
  const zone = one("zone")
  return {
    sql: read.get("sql") ?? undefined,
    asking: {
      table: one("table"),
      measure: one("measure") || "count",
      by: read.getAll("by").slice(0, 2),
      every: among("every", ["hour", "day"]),
      zone: zone !== "" && isZone(zone) ? zone : ownZone(),
      period: among("period", [...(Object.keys(spans) as Array<keyof typeof spans>), "between"]),
      from: one("from"),
      to: one("to"),
      filters: read.getAll("where").slice(0, 20).flatMap(readCondition)
    }
  }
}
