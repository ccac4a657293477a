/** Preloaded into a shop. Reports what its process has spent since the last report. */
import { constants, type NodeGCPerformanceDetail, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks"

/** The resources that a process has spent. */
export interface Spent {
  /** Milliseconds of all threads, user and system. */
  readonly cpu: number
  /** The number of minor collections, which stop the process. */
  readonly minor: number
  /** The longest pause of a collection, in milliseconds. */
  readonly pause: number
}

interface Collection extends PerformanceEntry {
  readonly detail: NodeGCPerformanceDetail
}

let since = process.cpuUsage()
let minor = 0
let pause = 0

new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { detail, duration } = entry as Collection
    if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) minor++
    pause = Math.max(pause, duration)
  }
}).observe({ entryTypes: ["gc"] })

process.on("message", () => {
  // The observer is notified of a collection in the next turn.
  setImmediate(() => {
    const { system, user } = process.cpuUsage(since)
    process.send!({ cpu: (system + user) / 1_000, minor, pause } satisfies Spent)
    since = process.cpuUsage()
    minor = 0
    pause = 0
  })
})
process.once("disconnect", () => process.exit())
