import type { Tracker } from "@trackmap/core"
import { aligned } from "../table.ts"
import * as Tally from "./Tally.ts"

const number = new Intl.NumberFormat("en")
const count = (value: number): string => number.format(value)
const several = (value: number, what: string): string => `${count(value)} ${what}${value === 1 ? "" : "s"}`
const millis = (value: number | undefined): string => (value === undefined ? "" : `${count(value)} ms`)

type Column = readonly [title: string, cell: (metrics: Tracker.SinkMetrics, sheet: Tally.Sheet) => string]

const columns: ReadonlyArray<Column> = [
  ["sink", ({ sink }) => sink],
  ["delivered", ({ delivered }) => count(delivered)],
  ["skipped", ({ skipped }) => count(skipped)],
  ["rejected", ({ rejected }) => count(rejected)],
  ["expired", ({ expired }) => count(expired)],
  ["dropped", ({ dropped }) => count(dropped)],
  ["retried", (_, { retried }) => count(retried)],
  // A sink that has delivered nothing has no bytes.
  ["bytes", ({ bytes }) => (bytes === 0 ? "" : count(bytes))],
  ["p50", (_, { latencies }) => millis(Tally.percentile(latencies, 0.5))],
  ["p99", (_, { latencies }) => millis(Tally.percentile(latencies, 0.99))]
]

/** The results of every sink, and whether all messages are accounted for. */
export const report = (tally: Tally.Tally, sinks: ReadonlyArray<Tracker.SinkMetrics>): string => {
  const table = aligned([
    columns.map(([title]) => title),
    ...sinks.map((metrics) => columns.map(([, cell]) => cell(metrics, tally.sheets.get(metrics.sink)!)))
  ])
  const wrong = Tally.unlawful(tally)
  const events = tally.messages.size
  const receipts = `${several(events, "event")} × ${several(sinks.length, "sink")} = ${several(events * sinks.length, "receipt")}`
  const law =
    wrong === 0
      ? `Every event has one receipt from every sink: ${receipts}.`
      : `${count(wrong)} messages lack a receipt, or have two from one sink.`
  return `${several(events, "event")} of a business day\n\n${table}\n\n${law}`
}
