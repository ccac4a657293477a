import * as Os from "node:os"

/** What `--json` writes of a measurement. */
export interface Row {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly baseline: string
  readonly baselineValue: number
  readonly ratio: number
  /** The ratio that is asked for, or null where none is. */
  readonly target: number | null
}

/** A row and how far the ratios of its rounds lie apart. */
export interface Measured extends Row {
  readonly spread: readonly [min: number, max: number]
}

/** A part of the report: one file answers one question. */
export interface Question {
  readonly name: string
  readonly measure: () => Promise<ReadonlyArray<Measured>>
}

/** What a row says besides its figures. */
export interface Label {
  readonly name: string
  readonly unit: string
  readonly baseline: string
  readonly target: number | null
}

/**
 * The row of two contestants measured in the same rounds. It quotes the round whose ratio is the median, so that its
 * figures belong together: medians of each side alone would divide a quiet moment by a busy one.
 */
export const compare = (
  label: Label,
  values: ReadonlyArray<number>,
  baselineValues: ReadonlyArray<number>
): Measured => {
  const rounds = values
    .map((value, i) => ({ value, baselineValue: baselineValues[i]!, ratio: value / baselineValues[i]! }))
    .sort((a, b) => a.ratio - b.ratio)
  const { name, unit, baseline, target } = label
  const spread = [rounds[0]!.ratio, rounds.at(-1)!.ratio] as const
  const { value, baselineValue, ratio } = rounds[Math.floor(rounds.length / 2)]!
  return { name, value, unit, baseline, baselineValue, ratio, target, spread }
}

/** The machine and the runtime that the figures hold for. */
export const heading = (): string => {
  const cpus = Os.cpus()
  return `${Os.hostname()}, ${cpus[0]?.model ?? "unknown processor"}, ${cpus.length} cores, Node ${process.version}`
}

const figure = (value: number): string =>
  value >= 1000
    ? Math.round(value).toLocaleString("en-US")
    : value.toLocaleString("en-US", { maximumSignificantDigits: 3 })

const cells = (row: Measured): ReadonlyArray<string> => [
  row.name,
  figure(row.value),
  row.unit,
  row.baseline,
  figure(row.baselineValue),
  figure(row.ratio),
  row.target === null ? "" : `≤ ${figure(row.target)}`,
  `${figure(row.spread[0])}–${figure(row.spread[1])}`,
  row.target === null ? "" : row.ratio <= row.target ? "ok" : "miss"
]

const titles = ["name", "value", "unit", "baseline", "its value", "ratio", "target", "spread of ratios", ""]
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

/** The rows as they are asked for, without what only the table shows. */
export const json = (rows: ReadonlyArray<Measured>): string =>
  `${JSON.stringify(
    rows.map(({ name, value, unit, baseline, baselineValue, ratio, target }): Row => ({
      name,
      value,
      unit,
      baseline,
      baselineValue,
      ratio,
      target
    })),
    undefined,
    2
  )}\n`
