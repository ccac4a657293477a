import type { Lineage, Message, Observer, Receipt, TrackedEvent } from "@trackmap/core"
import type * as Clock from "effect/Clock"
import type { Masked } from "./masking.ts"
import type { EventSummary } from "./protocol.ts"

/** An event's state in one sink. */
export interface Told {
  readonly sink: string
  /** The latest attempts, because a sink may retry for very long. */
  readonly attempts: Array<Observer.Attempt>
  /** The total number of attempts. */
  sent: number
  receipt: Receipt.Receipt | undefined
  /** Whether its latency has been counted. */
  timed: boolean
}

const attemptsKept = 20
const none: ReadonlyArray<never> = []

/** Ids that can be the last part of an address without escaping. */
const plain = /^[\w-]{1,80}$/

const keyOf = (id: string, seq: number): string => {
  if (plain.test(id)) return id
  const written = id.isWellFormed() ? encodeURIComponent(id) : ""
  return written === "" || written.length > 80 || /^\.+$/.test(written) ? `~${seq}` : id
}

/**
 * A kept event. The methods that run during the caller's `track` only keep references; everything that the page shows is computed on
 * request.
 */
export class Entry implements Observer.Observation {
  readonly #store: Store
  readonly event: TrackedEvent.Any | undefined
  message!: Message.Message
  /** The id in its address: its message's id, unless that cannot be part of an address. */
  key = ""
  seq = 0
  revision = 0
  at = 0
  kept = false
  resolutions: ReadonlyArray<Lineage.Resolution> = none
  told: ReadonlyArray<Told> = none
  /** The unchanging part, computed when it is first shown. */
  memo: Omit<EventSummary, "revision" | "sinks"> | undefined
  masked: Masked | undefined
  /** Its JSON at a revision, shared by all connections. */
  json: readonly [revision: number, text: string] | undefined

  constructor(store: Store, event: TrackedEvent.Any | undefined) {
    this.#store = store
    this.event = event
  }

  resolved(resolution: Lineage.Resolution): void {
    if (this.resolutions === none) this.resolutions = [resolution]
    else (this.resolutions as Array<Lineage.Resolution>).push(resolution)
  }

  tracked(message: Message.Message): void {
    this.message = message
    this.#store.add(this)
  }

  sent(attempt: Observer.Attempt): void {
    const told = this.#of(attempt.sink)
    told.sent++
    told.attempts.push(attempt)
    if (told.attempts.length > attemptsKept) told.attempts.shift()
    this.#store.touch(this)
  }

  received(receipt: Receipt.Receipt): void {
    this.#of(receipt.sink).receipt = receipt
    this.#store.touch(this)
  }

  #of(sink: string): Told {
    for (const told of this.told) if (told.sink === sink) return told
    const told: Told = { sink, attempts: [], sent: 0, receipt: undefined, timed: false }
    if (this.told === none) this.told = [told]
    else (this.told as Array<Told>).push(told)
    return told
  }
}

/** How often an event of a name has been tracked. */
export interface Seen {
  readonly name: string
  count: number
}

const namesKept = 1_000

/** The tracker's observer: the kept events, of which a new one replaces the oldest, and the counts of all events. */
export class Store implements Observer.Observer {
  readonly capacity: number
  readonly #rate: number
  readonly #clock: Clock.Clock
  /** A ring, by `seq`. */
  readonly #ring: Array<Entry> = []
  readonly #byKey = new Map<string, Entry>()
  readonly #seen = new Map<string, Seen>()
  readonly #others: Seen = { name: "", count: 0 }
  #allowance: number
  #seq = 0
  #revision = 0
  #tracked = 0
  #notShown = 0

  constructor(capacity: number, rate: number, clock: Clock.Clock) {
    this.capacity = capacity
    this.#rate = rate
    this.#allowance = rate
    this.#clock = clock
  }

  get revision(): number {
    return this.#revision
  }
  get seq(): number {
    return this.#seq
  }
  get tracked(): number {
    return this.#tracked
  }
  get notShown(): number {
    return this.#notShown
  }
  get size(): number {
    return this.#byKey.size
  }
  get seen(): Iterable<Seen> {
    return this.#seen.values()
  }

  /** Runs at every call, so it does not read the clock: `refill` runs by the clock instead. */
  observe(call: Observer.Call): Entry | undefined {
    this.#tracked++
    if (call.event !== undefined) this.#count(call.event.name)
    if (this.#allowance < 1) {
      this.#notShown++
      return undefined
    }
    this.#allowance--
    return new Entry(this, call.event)
  }

  /** Makes room for the events of this many more milliseconds, up to one second's. */
  refill(milliseconds: number): void {
    const more = (this.#rate * Math.max(0, milliseconds)) / 1_000
    this.#allowance = Math.min(this.#rate, this.#allowance + more)
  }

  #count(name: string): void {
    let seen = this.#seen.get(name)
    if (seen === undefined) {
      // Names that a service generates at run time must not fill its memory.
      if (this.#seen.size >= namesKept) seen = this.#others
      else this.#seen.set(name, (seen = { name, count: 0 }))
    }
    seen.count++
  }

  add(entry: Entry): void {
    const seq = ++this.#seq
    entry.seq = seq
    entry.at = this.#clock.currentTimeMillisUnsafe()
    entry.key = keyOf(entry.message.messageId, seq)
    entry.kept = true
    const { event, message } = entry
    // An existing message that is sent again.
    if (event === undefined && message.type === "track") this.#count(message.event)
    const slot = (seq - 1) % this.capacity
    const oldest = this.#ring[slot]
    if (oldest?.kept === true) this.#drop(oldest)
    const same = this.#byKey.get(entry.key)
    if (same !== undefined) this.#drop(same)
    this.#ring[slot] = entry
    this.#byKey.set(entry.key, entry)
    this.touch(entry)
  }

  #drop(entry: Entry): void {
    entry.kept = false
    this.#byKey.delete(entry.key)
  }

  touch(entry: Entry): void {
    entry.revision = ++this.#revision
  }

  get(key: string): Entry | undefined {
    return this.#byKey.get(key)
  }

  /** The changes since a revision, oldest first. */
  since(revision: number): Array<Entry> {
    return this.#ring.filter((entry) => entry.kept && entry.revision > revision).sort((a, b) => a.revision - b.revision)
  }
}
