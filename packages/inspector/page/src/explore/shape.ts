/** What is drawn of an answer: lines over time, bars, one number, or nothing. */
import type { Answered, WarehouseColumn } from "../../../src/internal/protocol.ts"
import { isNumber } from "./asking.ts"
import { type Every, next } from "./zone.ts"

type Cell = Answered["rows"][number][number]

/** A line. Its values are those of the times, in their order. */
export interface Line {
  readonly name: string
  readonly values: ReadonlyArray<number | undefined>
  readonly total: number
}

/** A bar. */
export interface Bar {
  readonly name: string
  readonly value: number
}

/** What is drawn. `left` is the number of groups that are not drawn, the smallest. */
export type Shape =
  | { readonly _tag: "Nothing" }
  | { readonly _tag: "Number"; readonly value: number }
  | { readonly _tag: "Bars"; readonly bars: ReadonlyArray<Bar>; readonly left: number }
  | {
      readonly _tag: "Lines"
      readonly times: ReadonlyArray<number>
      readonly lines: ReadonlyArray<Line>
      readonly left: number
    }

/** How the times of an answer follow each other. */
export interface Steps {
  readonly every: Every
  readonly zone: string
  /** Whether a group without rows has zero of the measure. */
  readonly isZero: boolean
  /** Whether the measures of hours or days add up to that of the whole time. */
  readonly isSum: boolean
}

const nothing: Shape = { _tag: "Nothing" }
const mostLines = 6
const mostBars = 30
const mostTimes = 10_000

/** The text of a cell. */
export const textOf = (cell: Cell): string =>
  typeof cell === "string" ? cell : cell === null ? "(none)" : JSON.stringify(cell)

const nameOf = (cells: ReadonlyArray<Cell>): string => cells.map(textOf).join(" · ")

/** Integers that JSON cannot have are texts. */
const numberOf = (cell: Cell | undefined): number | undefined => {
  const value = typeof cell === "number" ? cell : typeof cell === "string" ? Number(cell) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}

/** The times of the rows, and those between them that have no rows. */
const timesOf = (found: Iterable<number>, steps: Steps | undefined): ReadonlyArray<number> => {
  const times = [...new Set(found)].sort((a, b) => a - b)
  if (steps === undefined || times.length < 2) return times
  const known = new Set(times)
  const last = times.at(-1)!
  for (let at = next(times[0]!, steps.every, steps.zone); at < last; at = next(at, steps.every, steps.zone)) {
    known.add(at)
    if (known.size > mostTimes) return times
  }
  return [...known].sort((a, b) => a - b)
}

const linesOf = (rows: Answered["rows"], steps: Steps | undefined): Shape => {
  const groups = new Map<string, Map<number, number>>()
  /** By their texts, since many rows have the same time. */
  const found = new Map<Cell, number>()
  for (const row of rows) {
    const time = row[0]!
    const at = found.get(time) ?? Date.parse(String(time))
    const value = numberOf(row.at(-1))
    if (Number.isNaN(at)) continue
    found.set(time, at)
    const name = nameOf(row.slice(1, -1))
    const group = groups.get(name) ?? new Map<number, number>()
    groups.set(name, group)
    if (value !== undefined) group.set(at, value)
  }
  const times = timesOf(found.values(), steps)
  if (times.length === 0) return nothing
  const totals = [...groups].map(([name, values]) => {
    let total = 0
    for (const value of values.values()) total += value
    return { name, values, total }
  })
  totals.sort((a, b) => Math.abs(b.total) - Math.abs(a.total))
  const drawn = totals.slice(0, mostLines)
  const missing = steps?.isZero === true ? 0 : undefined
  return {
    _tag: "Lines",
    times,
    left: totals.length - drawn.length,
    lines: drawn.map(({ name, total, values }) => ({
      name,
      total,
      values: times.map((at) => values.get(at) ?? missing)
    }))
  }
}

const barsOf = (rows: Answered["rows"]): Shape => {
  const bars = rows.flatMap((row): ReadonlyArray<Bar> => {
    const value = numberOf(row.at(-1))
    return value === undefined ? [] : [{ name: nameOf(row.slice(0, -1)), value }]
  })
  if (bars.length === 0) return nothing
  bars.sort((a, b) => b.value - a.value)
  return { _tag: "Bars", bars: bars.slice(0, mostBars), left: Math.max(0, bars.length - mostBars) }
}

const isMeasure = (column: WarehouseColumn | undefined): boolean => column !== undefined && isNumber(column.kind)

/**
 * The shape of an answer: its last column is the measure, and those before it are the time, if there is one, and up to two groups. A statement can return
 * anything else, of which nothing is drawn. `steps` are those of a question.
 */
export const shapeOf = ({ columns, rows }: Pick<Answered, "columns" | "rows">, steps?: Steps): Shape => {
  if (rows.length === 0 || !isMeasure(columns.at(-1)) || columns.length > 4) return nothing
  if (columns.length === 1) {
    const value = numberOf(rows[0]![0])
    return rows.length > 1 || value === undefined ? nothing : { _tag: "Number", value }
  }
  if (columns[0]!.kind === "timestamp" && (steps !== undefined || columns.length < 4)) return linesOf(rows, steps)
  return columns.length < 4 ? barsOf(rows) : nothing
}
