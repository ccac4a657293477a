/** The page's events, merged from the stream. */
import type { EventSummary } from "../../src/internal/protocol.ts"
import { type Filter, everything, matcher, searchable } from "./filter.ts"

/** An event in the list, with cached facts. */
interface Entry {
  summary: EventSummary
  text: string | undefined
  /** The filter for which `passes` is valid. */
  judgedBy: Filter | undefined
  passes: boolean
}

/**
 * The newest summary of each of the newest events, at most as many as the service keeps. In whatever order and however often
 * summaries come, the same remain: the greatest revision of each of the events with the greatest `seq`.
 */
export class Summaries {
  #capacity: number
  #byId = new Map<string, Entry>()
  /** The oldest first. */
  #entries: Array<Entry> = []
  /** While paused, the events that are not listed yet. */
  #waiting: Map<string, EventSummary> | undefined
  /** The number of waiting events that had to make room, and the newest of them. */
  #waitingPassedOver = 0
  #waitingFloor = -Infinity
  /** Events up to this one were cleared or have made room, and do not come back. */
  #floor = -Infinity
  #newest = -Infinity
  #names = new Map<string, number>()
  #entities = new Map<string, number>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#entries.length
  }

  get paused(): boolean {
    return this.#waiting !== undefined
  }

  /** The number of events since the pause. */
  get waiting(): number {
    return (this.#waiting?.size ?? 0) + this.#waitingPassedOver
  }

  get names(): Iterable<string> {
    return this.#names.keys()
  }

  get entities(): Iterable<string> {
    return this.#entities.keys()
  }

  get(messageId: string): EventSummary | undefined {
    return this.#byId.get(messageId)?.summary
  }

  setCapacity(capacity: number): void {
    this.#capacity = capacity
    this.#trim()
  }

  merge(batch: ReadonlyArray<EventSummary>): void {
    let ordered = true
    for (const summary of batch) {
      if (summary.seq <= this.#floor) continue
      this.#newest = Math.max(this.#newest, summary.seq)
      const known = this.#byId.get(summary.messageId)
      if (known !== undefined) this.#update(known, summary)
      else if (this.#waiting !== undefined) this.#wait(summary)
      else {
        const last = this.#entries.at(-1)
        ordered &&= last === undefined || last.summary.seq < summary.seq
        this.#add(summary)
      }
    }
    if (!ordered) this.#entries.sort((a, b) => a.summary.seq - b.summary.seq)
    this.#trim()
  }

  /** Lists no new events until `resume`. Listed events still get updates. */
  pause(): void {
    this.#waiting ??= new Map()
  }

  resume(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    this.#waitingPassedOver = 0
    this.#waitingFloor = -Infinity
    if (waiting !== undefined) this.merge([...waiting.values()])
  }

  /** Forgets all events so far. */
  clear(): void {
    this.#floor = this.#newest
    this.#byId.clear()
    this.#entries = []
    this.#names.clear()
    this.#entities.clear()
    this.#waiting?.clear()
    this.#waitingPassedOver = 0
  }

  /** Starts over with another run of the service, which numbers its events from the start. */
  restart(): void {
    this.clear()
    this.#floor = -Infinity
    this.#newest = -Infinity
    this.#waitingFloor = -Infinity
  }

  /** The events that pass a filter, the oldest first. Each is checked again only if it or the filter has changed. */
  passing(filter: Filter): ReadonlyArray<EventSummary> {
    const passes = matcher(filter)
    const all = filter === everything
    const passing: Array<EventSummary> = []
    for (const entry of this.#entries) {
      if (!all && entry.judgedBy !== filter) {
        entry.judgedBy = filter
        entry.passes = passes(entry.summary, () => (entry.text ??= searchable(entry.summary)))
      }
      if (all || entry.passes) passing.push(entry.summary)
    }
    return passing
  }

  #add(summary: EventSummary): void {
    const entry: Entry = { summary, text: undefined, judgedBy: undefined, passes: false }
    this.#byId.set(summary.messageId, entry)
    this.#entries.push(entry)
    this.#tell(summary, 1)
  }

  #update(entry: Entry, summary: EventSummary): void {
    if (summary.revision <= entry.summary.revision) return
    this.#tell(entry.summary, -1)
    this.#tell(summary, 1)
    entry.summary = summary
    entry.text = undefined
    entry.judgedBy = undefined
  }

  #wait(summary: EventSummary): void {
    if (summary.seq <= this.#waitingFloor) return
    const waiting = this.#waiting!
    const known = waiting.get(summary.messageId)
    if (known === undefined || known.revision < summary.revision) waiting.set(summary.messageId, summary)
    // Sort rarely: only when the number has doubled.
    if (waiting.size <= 2 * this.#capacity) return
    const newest = [...waiting.values()].sort((a, b) => a.seq - b.seq)
    for (const old of newest.slice(0, -this.#capacity)) {
      waiting.delete(old.messageId)
      this.#waitingFloor = old.seq
      this.#waitingPassedOver++
    }
  }

  #trim(): void {
    const over = this.#entries.length - this.#capacity
    if (over <= 0) return
    for (const { summary } of this.#entries.splice(0, over)) {
      this.#byId.delete(summary.messageId)
      this.#tell(summary, -1)
      this.#floor = summary.seq
    }
  }

  /** Counts the values for the filters. */
  #tell(summary: EventSummary, by: 1 | -1): void {
    tally(this.#names, summary.name, by)
    for (const entity of summary.entities) tally(this.#entities, entity, by)
  }
}

const tally = (counts: Map<string, number>, key: string, by: number): void => {
  const count = (counts.get(key) ?? 0) + by
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
