import * as Sql from "@trackmap/warehouse/Sql"
import { type Offset, offsetsIn, offsetsOf } from "./zone.ts"
import type { Column, Filter, Question, Table } from "../../Explorer.ts"
import { QueryError } from "../../DuckDBError.ts"

const refuse = (reason: string): never => {
  throw new QueryError({ reason })
}

const columnOf = (table: Table, key: string): Column =>
  table.columns.find(({ name }) => name === key) ?? refuse(`the table "${table.name}" has no column "${key}"`)

const instant = (text: unknown, what: string): string => {
  const time = typeof text === "string" ? Date.parse(text) : Number.NaN
  return Number.isNaN(time)
    ? refuse(`${what} is not a time in ISO 8601`)
    : `TIMESTAMPTZ ${Sql.literal(new Date(time).toISOString())}`
}

/** The value of a filter, as its column compares it. */
const valueOf = ({ kind, name }: Column, { value }: Filter): string => {
  switch (kind) {
    case "integer":
    case "number":
      return Number.isFinite(value) ? String(value) : refuse(`the filter of "${name}" needs a number`)
    case "boolean":
      return typeof value === "boolean" ? String(value) : refuse(`the filter of "${name}" needs true or false`)
    case "timestamp":
      return instant(value, `the filter of "${name}"`)
    default:
      return typeof value === "string" && value.isWellFormed()
        ? Sql.literal(value)
        : refuse(`the filter of "${name}" needs a text`)
  }
}

const comparisons: { readonly [is: string]: string } = {
  "=": "=",
  "!=": "IS DISTINCT FROM",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">="
}

const conditionOf = (table: Table, filter: Filter): string => {
  const column = columnOf(table, filter.key)
  const name = Sql.quote(column.name)
  if (filter.is === "null") return `${name} IS NULL`
  if (filter.is === "not null") return `${name} IS NOT NULL`
  const compared = column.kind === "json" || column.kind === "other" ? `CAST(${name} AS VARCHAR)` : name
  const value = valueOf(column, filter)
  if (filter.is === "contains") {
    return column.kind === "string" || compared !== name
      ? `contains(lower(${compared}), lower(${value}))`
      : refuse(`"${column.name}" is not text, so it contains nothing`)
  }
  return `${compared} ${comparisons[filter.is] ?? refuse(`there is no comparison ${JSON.stringify(filter.is)}`)} ${value}`
}

const time = Sql.quote("timestamp")

/** How the rows of a question are grouped by time: what is grouped by, and the instant that the result is. */
interface Period {
  readonly grouped: string
  readonly start: string
}

const micros = { hour: 3_600_000_000, day: 86_400_000_000 }

/** As SQL, in microseconds. */
const caseOf = (offsets: ReadonlyArray<Offset>): string => {
  const [first] = offsets
  if (offsets.length === 1) return String(first!.offset * 1_000)
  const cases = offsets.map(({ offset, until }) =>
    until === undefined
      ? `ELSE ${offset * 1_000}`
      : `WHEN ${time} < TIMESTAMPTZ ${Sql.literal(new Date(until).toISOString())} THEN ${offset * 1_000}`
  )
  return `CASE ${cases.join(" ")} END`
}

/** By DuckDB's own arithmetic of time zones, which takes many times as long for each row. */
const slowly = (every: "hour" | "day", zone: string): Period => {
  const local = `(${time} AT TIME ZONE ${zone})`
  return every === "day"
    ? { grouped: `date_trunc('day', ${local})`, start: `"day" AT TIME ZONE ${zone}` }
    : { grouped: `${time} - (${local} - date_trunc('hour', ${local}))`, start: '"hour"' }
}

/** An hour that the clock shows twice is two hours. `range` has the first and the last time of the table, in milliseconds. */
const periodOf = (every: "hour" | "day", name: string, range: Range | undefined): Period => {
  const offsetAt = offsetsOf(name)
  if (offsetAt === undefined || !/^[A-Za-z][\w+/-]*$/.test(name))
    return refuse(`there is no time zone ${JSON.stringify(name)}`)
  const zone = Sql.literal(name)
  const offsets = range === undefined || range.from < 0 ? undefined : offsetsIn(offsetAt, range.from, range.to)
  if (offsets === undefined) return slowly(every, zone)
  const length = micros[every]
  if (every === "day") {
    const grouped = `(epoch_us(${time}) + ${caseOf(offsets)}) // ${length}`
    return { grouped, start: `make_timestamp("day" * ${length}) AT TIME ZONE ${zone}` }
  }
  const hour = length / 1_000
  const [part, ...others] = new Set(offsets.map(({ offset }) => ((offset % hour) + hour) % hour))
  if (others.length > 0) return slowly(every, zone)
  const moved =
    part === 0 ? [`epoch_us(${time})`, ""] : [`(epoch_us(${time}) + ${part! * 1_000})`, ` - ${part! * 1_000}`]
  return { grouped: `${moved[0]} // ${length}`, start: `make_timestamptz("hour" * ${length}${moved[1]})` }
}

const measureOf = (table: Table, { measure }: Question): string => {
  switch (measure.of) {
    case "count":
      return `count(*) AS "count"`
    case "users":
      return `count(DISTINCT coalesce("user_id", "anonymous_id")) AS "users"`
    case "sum":
    case "average": {
      const { kind, name } = columnOf(table, measure.key)
      if (kind !== "integer" && kind !== "number")
        return refuse(`"${name}" is not a number, so it has no ${measure.of}`)
      return `${measure.of === "sum" ? "sum" : "avg"}(${Sql.quote(name)}) AS "${measure.of}"`
    }
    default:
      return refuse("there is no such measure")
  }
}

/** The first and the last time of a table, in milliseconds since 1970. */
export interface Range {
  readonly from: number
  readonly to: number
}

export const tableOf = ({ table: wanted }: Question, tables: ReadonlyArray<Table>): Table =>
  tables.find(({ name }) => name === wanted) ?? refuse(`there is no table ${JSON.stringify(wanted)}`)

/** The SQL of a question about a table. Names are those of the catalogue, and values are literals, so that a person can run it elsewhere. */
export const sqlOf = (question: Question, table: Table, range: Range | undefined): string => {
  const { every, filters, from, groupBy, timeZone, to } = question
  if (every !== undefined && every !== "hour" && every !== "day") refuse("an answer is by hour or by day")
  const period = every && periodOf(every, timeZone, range)
  const keys = groupBy.map((key) => Sql.quote(columnOf(table, key).name))
  const conditions = [
    ...(from === undefined ? [] : [`${time} >= ${instant(from, "from")}`]),
    ...(to === undefined ? [] : [`${time} < ${instant(to, "to")}`]),
    ...filters.map((filter) => conditionOf(table, filter))
  ]
  const grouped = [...(period === undefined ? [] : [`${period.grouped} AS "${every}"`]), ...keys]
  const places = grouped.map((_, at) => at + 1)
  const inner = [
    `SELECT ${[...grouped, measureOf(table, question)].join(", ")}`,
    `FROM ${Sql.quote(table.name)}`,
    ...(conditions.length === 0 ? [] : [`WHERE ${conditions.join(" AND ")}`]),
    ...(places.length === 0 ? [] : [`GROUP BY ${places.join(", ")}`])
  ]
  if (places.length === 0) return inner.join("\n")
  const order = `ORDER BY ${[...((period && [1]) ?? []), `${places.length + 1} DESC NULLS LAST`, ...places.slice(period ? 1 : 0)].join(", ")}`
  if (period === undefined) return [...inner, order].join("\n")
  const outer = [`${period.start} AS "${every}"`, ...places.map((_, at) => `#${at + 2}`)]
  return [`SELECT ${outer.join(", ")}`, `FROM (${inner.join("\n")})`, order].join("\n")
}
