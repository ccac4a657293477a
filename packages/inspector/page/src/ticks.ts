/** Series from the ticks: ticks contain counts since the start, and a chart shows the differences between two of them. */
import type { SinkTick, Tick } from "../../src/internal/protocol.ts"

/** The time span of the charts, in milliseconds. */
export const span = 120_000

/** One point of a series. Undefined if nothing is known about that time. */
export interface Point {
  readonly at: number
  readonly value: number | undefined
}

/** The known ticks with the new ones, once each, in order, and no older than the charts. */
export const merged = (known: ReadonlyArray<Tick>, come: ReadonlyArray<Tick>): ReadonlyArray<Tick> => {
  const byTime = new Map([...known, ...come].map((tick) => [tick.at, tick]))
  const ordered = [...byTime.values()].sort((a, b) => a.at - b.at)
  const last = ordered.at(-1)
  // One more than the charts show, for the first difference.
  return last === undefined ? ordered : ordered.filter((tick) => tick.at >= last.at - span - 1_000)
}

/** The rate per second between two ticks, averaged over seconds without a tick. */
export const perSecond = (ticks: ReadonlyArray<Tick>, total: (tick: Tick) => number): ReadonlyArray<Point> =>
  ticks.slice(1).map((tick, index) => {
    const before = ticks[index]!
    const more = total(tick) - total(before)
    return { at: tick.at, value: (Math.max(0, more) / (tick.at - before.at)) * 1_000 }
  })

/** A value of each tick. */
export const gauge = (ticks: ReadonlyArray<Tick>, read: (tick: Tick) => number | undefined): ReadonlyArray<Point> =>
  ticks.map((tick) => ({ at: tick.at, value: read(tick) }))

/** One sink in a tick. */
export const ofSink = (tick: Tick, sink: string): SinkTick | undefined =>
  tick.sinks.find((candidate) => candidate.sink === sink)

/** The lost messages. */
export const lost = (sink: SinkTick | undefined): number =>
  sink === undefined ? 0 : sink.rejected + sink.expired + sink.dropped

/** The last value of a series. */
export const latest = (points: ReadonlyArray<Point>): number | undefined =>
  points.findLast((point) => point.value !== undefined)?.value

/** The highest value of some series. */
export const highest = (series: ReadonlyArray<ReadonlyArray<Point>>): number =>
  series.reduce((most, points) => points.reduce((most, point) => Math.max(most, point.value ?? 0), most), 0)
