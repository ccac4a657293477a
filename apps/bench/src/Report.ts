import * as Os from "node:os"

/** A measurement as `--json` writes it. */
export interface Row {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly baseline: string
  readonly baselineValue: number
  readonly ratio: number
  /** Only in a row about a difference, which its target then limits. */
  readonly difference?: number
  /** The required ratio or difference, or null if there is none. */
  readonly target: number | null
}

/** A row, and the spread of the ratios or differences of its rounds. */
export interface Measured extends Row {
  readonly spread: readonly [min: number, max: number]
}

/** A part of the report. Each file answers one question. */
export interface Question {
  readonly name: string
  readonly measure: () => Promise<ReadonlyArray<Measured>>
}

/** The text of a row. */
export interface Label {
  readonly name: string
  readonly unit: string
  readonly baseline: string
  readonly target: number | null
  /** Default: the ratio. */
  readonly by?: "difference"
}

/**
 * The row of two contestants measured in the same rounds. It quotes the round with the median ratio (or difference), so that its figures
 * belong together: the median of each side alone would divide a quiet moment by a busy one.
 */
export const compare = (
  label: Label,
  values: ReadonlyArray<number>,
  baselineValues: ReadonlyArray<number>
): Measured => {
  const { name, unit, baseline, by, target } = label
  const rounds = values
    .map((value, i) => {
      const baselineValue = baselineValues[i]!
      const ratio = value / baselineValue
      const difference = value - baselineValue
      return { value, baselineValue, ratio, difference, compared: by === "difference" ? difference : ratio }
    })
    .sort((a, b) => a.compared - b.compared)
  const spread = [rounds[0]!.compared, rounds.at(-1)!.compared] as const
  const { value, baselineValue, difference, ratio } = rounds[Math.floor(rounds.length / 2)]!
  const row = { name, value, unit, baseline, baselineValue, ratio, target, spread }
  return by === "difference" ? { ...row, difference } : row
}

/** The machine and the runtime of the figures. */
export const heading = (): string => {
  const cpus = Os.cpus()
  return `${Os.hostname()}, ${cpus[0]?.model ?? "unknown processor"}, ${cpus.length} cores, Node ${process.version}`
}

const figure = (value: number): string =>
  value >= 1000
    ? Math.round(value).toLocaleString("en-US")
    : value.toLocaleString("en-US", { maximumSignificantDigits: 3 })

const signed = (value: number): string => (value < 0 ? `-${figure(-value)}` : `+${figure(value)}`)

const cells = (row: Measured): ReadonlyArray<string> => {
  const { difference, ratio, spread, target } = row
  const written = difference === undefined ? figure : signed
  const compared = difference ?? ratio
  return [
    row.name,
    figure(row.value),
    row.unit,
    row.baseline,
    figure(row.baselineValue),
    written(compared),
    target === null ? "" : `≤ ${written(target)}`,
    difference === undefined ? `${figure(spread[0])}–${figure(spread[1])}` : spread.map(signed).join(" to "),
    target === null ? "" : compared <= target ? "ok" : "miss"
  ]
}

const titles = ["name", "value", "unit", "baseline", "its value", "ratio or +", "target", "spread", ""]
const numeric = new Set([1, 4, 5, 6])

/** The rows as a table for a terminal. */
export const table = (rows: ReadonlyArray<Measured>): string => {
  const lines = [titles, ...rows.map(cells)]
  const widths = titles.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  const rendered = lines.map((line) =>
    line
      .map((cell, column) => (numeric.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd()
  )
  return [rendered[0]!, widths.map((width) => "-".repeat(width)).join("  "), ...rendered.slice(1)].join("\n")
}

/** The rows as JSON, without the columns that only the table shows. */
export const json = (rows: ReadonlyArray<Measured>): string =>
  `${JSON.stringify(
    rows.map(({ spread: _, ...row }): Row => row),
    undefined,
    2
  )}\n`
