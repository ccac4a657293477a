import type { Tracker } from "@trackmap/core"
import type { SinkTick, Tick } from "./protocol.ts"
import type { Store } from "./store.ts"

const kept = 120

const percentile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!

/** The latencies of the kept events whose receipts arrived since the last tick, by sink. */
const latencies = (store: Store, since: number): ReadonlyMap<string, ReadonlyArray<number>> => {
  const bySink = new Map<string, Array<number>>()
  for (const { at, told } of store.since(since)) {
    for (const one of told) {
      if (one.receipt === undefined || one.timed) continue
      one.timed = true
      if (one.receipt.attempts === 0) continue
      const waited = bySink.get(one.sink) ?? []
      waited.push(Math.max(0, one.receipt.at - at))
      bySink.set(one.sink, waited)
    }
  }
  return bySink
}

/** The ticks of the last two minutes. */
export class Ticks {
  #ticks: ReadonlyArray<Tick> = []
  #count = 0
  #revision = 0

  /** The total number of ticks. */
  get count(): number {
    return this.#count
  }

  get all(): ReadonlyArray<Tick> {
    return this.#ticks
  }

  /** The ticks after the nth. */
  after(count: number): ReadonlyArray<Tick> {
    const more = this.#count - count
    return more > 0 ? this.#ticks.slice(-more) : []
  }

  add(store: Store, metrics: ReadonlyArray<Tracker.SinkMetrics>, at: number): void {
    const bySink = latencies(store, this.#revision)
    this.#revision = store.revision
    const sinks = metrics.map(({ bytes: _, ...counts }): SinkTick => {
      const sorted = bySink.get(counts.sink)?.toSorted((a, b) => a - b)
      return {
        ...counts,
        latency: sorted && { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) }
      }
    })
    this.#ticks = [...this.#ticks.slice(1 - kept), { at, tracked: store.tracked, notShown: store.notShown, sinks }]
    this.#count++
  }
}
