import { aligned } from "../table.ts"

/** The events of added lines that a vendor has, by line, with their ids. */
export type Arrived = ReadonlyArray<{ readonly line: number; readonly id: string }>

/** What a vendor has of the lines that are in the shop's database. */
export interface Count {
  readonly vendor: string
  /** Records that have arrived. */
  readonly records: number
  /** Distinct ids among them. */
  readonly events: number
  /** Records that came again under the same id. */
  readonly repeated: number
  /** Lines without an event. */
  readonly missing: number
  /** Events without a line, or further events of one line under other ids. */
  readonly surplus: number
}

export const count = (vendor: string, lines: ReadonlySet<number>, arrived: Arrived): Count => {
  const lineOf = new Map(arrived.map(({ id, line }) => [id, line]))
  const known = new Set([...lineOf.values()].filter((line) => lines.has(line)))
  return {
    vendor,
    records: arrived.length,
    events: lineOf.size,
    repeated: arrived.length - lineOf.size,
    missing: lines.size - known.size,
    surplus: lineOf.size - known.size
  }
}

const titles = ["vendor", "records", "events", "sent again", "missing", "surplus"] as const

export const table = (counts: ReadonlyArray<Count>): string =>
  aligned([
    titles,
    ...counts.map(({ events, missing, records, repeated, surplus, vendor }) => [
      vendor,
      ...[records, events, repeated, missing, surplus].map(String)
    ])
  ])
