import type * as Lineage from "@trackmap/core/Lineage"
import * as Message from "@trackmap/core/Message"
import type * as Observer from "@trackmap/core/Observer"
import type * as Receipt from "@trackmap/core/Receipt"
import type * as TrackedEvent from "@trackmap/core/TrackedEvent"
import type * as Clock from "effect/Clock"
import * as json from "./json.ts"
import type { AttemptDetail, EventSummary, SinkDetail } from "./protocol.ts"

/** An event's state in one sink: copies, since V8 allocates everything that is like a kept message as if it lived as long. */
export interface Told {
  readonly sink: string
  /** The latest attempts, because a sink may retry for very long. */
  readonly attempts: Array<AttemptDetail>
  /** The total number of attempts. */
  sent: number
  /** Makes the records of the last attempt, of a copy of the message. */
  records: Observer.Attempt["records"] | undefined
  receipt: SinkDetail["receipt"]
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

const reasonOf = (result: object): string | undefined =>
  "reason" in result && typeof result.reason === "string" ? result.reason : undefined

const asJson: json.Leaves = { text: (text) => text, number: (number) => number, key: (key) => key }

/** The JSON of a message, and its bytes. Of a message without JSON, which sinks reject, what there is. */
const jsonOf = (message: Message.Message): readonly [text: string, bytes: number] => {
  try {
    return [Message.toJson(message), Message.byteLength(message)]
  } catch {
    const text = JSON.stringify(json.copy(message, asJson))
    return [text, text.length]
  }
}

/**
 * A kept event. It keeps copies of all data, never live objects. The methods that run during the caller's `track` do no more than
 * that; everything that the page shows is computed on request.
 */
export class Entry implements Observer.Observation {
  readonly #store: Store
  readonly event: TrackedEvent.Any | undefined
  /** Its message. Empty before it is tracked, and after it has made room. */
  text = ""
  /** The bytes of its message. */
  size = 0
  /** Its share of the store's bytes: its message, the records of each sink, and the reasons of errors. */
  bytes = 0
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
  /** Its JSON at a revision, shared by all connections. */
  json: readonly [revision: number, text: string] | undefined

  constructor(store: Store, event: TrackedEvent.Any | undefined) {
    this.#store = store
    this.event = event
  }

  /** Its message, read from its copy. */
  get message(): Message.Message {
    return this.#store.read(this)
  }

  resolved(resolution: Lineage.Resolution): void {
    if (this.resolutions === none) this.resolutions = [resolution]
    else (this.resolutions as Array<Lineage.Resolution>).push(resolution)
  }

  tracked(message: Message.Message): void {
    const [text, size] = jsonOf(message)
    this.text = text
    this.size = size
    this.#store.add(this, message)
  }

  sent({ at, messages, milliseconds, records, result, sink }: Observer.Attempt): void {
    if (!this.kept) return
    const told = this.#of(sink)
    const reason = reasonOf(result)
    const retryAfter = "retryAfter" in result ? result.retryAfter : undefined
    let more = told.records === undefined ? this.size : 0
    told.sent++
    told.records = records
    told.attempts.push({ at, milliseconds, messages, result: result._tag, reason, retryAfter })
    more += reason?.length ?? 0
    if (told.attempts.length > attemptsKept) more -= told.attempts.shift()!.reason?.length ?? 0
    this.#store.touch(this, more)
  }

  received({ at, attempts, outcome, sink }: Receipt.Receipt): void {
    if (!this.kept) return
    const reason = reasonOf(outcome)
    this.#of(sink).receipt = { outcome: outcome._tag, reason, attempts, at }
    this.#store.touch(this, reason?.length ?? 0)
  }

  /** Makes room. Its tracker may still report about its message. */
  drop(): void {
    this.kept = false
    this.text = ""
    this.resolutions = none
    this.told = none
  }

  #of(sink: string): Told {
    for (const told of this.told) if (told.sink === sink) return told
    const told: Told = { sink, attempts: [], sent: 0, records: undefined, receipt: undefined, timed: false }
    if (this.told === none) this.told = [told]
    else (this.told as Array<Told>).push(told)
    return told
  }
}

/** Follows a relay's delivery of an event, if it is kept: the relay knows the event only by its message. */
class Relayed implements Observer.Observation {
  readonly #store: Store
  #entry: Entry | undefined

  constructor(store: Store) {
    this.#store = store
  }

  resolved(): void {}

  tracked({ messageId }: Message.Message): void {
    this.#entry = this.#store.get(messageId)
  }

  sent(attempt: Observer.Attempt): void {
    this.#entry?.sent(attempt)
  }

  received(receipt: Receipt.Receipt): void {
    this.#entry?.received(receipt)
  }
}

/** How often an event of a name has been tracked. */
export interface Seen {
  readonly name: string
  count: number
}

const namesKept = 1_000

/** The limits of a store: of kept events, of their bytes, and of new ones per second. */
export interface Limits {
  readonly capacity: number
  readonly bytes: number
  readonly rate: number
}

/** The tracker's observer: the kept events, of which a new one replaces the oldest, and the counts of all events. */
export class Store implements Observer.Observer {
  readonly capacity: number
  readonly #mostBytes: number
  readonly #rate: number
  readonly #clock: Clock.Clock
  /** A ring, by `seq`. */
  readonly #ring: Array<Entry | undefined> = []
  readonly #byKey = new Map<string, Entry>()
  readonly #seen = new Map<string, Seen>()
  readonly #others: Seen = { name: "", count: 0 }
  /** The last message that was read, because showing an event reads it several times. */
  #read: { readonly entry: Entry; readonly message: Message.Message } | undefined
  #bytes = 0
  #allowance: number
  #seq = 0
  /** No older event is kept. */
  #oldest = 1
  #revision = 0
  #tracked = 0
  #notShown = 0

  constructor({ bytes, capacity, rate }: Limits, clock: Clock.Clock) {
    this.capacity = capacity
    this.#mostBytes = bytes
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
  get bytes(): number {
    return this.#bytes
  }
  get seen(): Iterable<Seen> {
    return this.#seen.values()
  }

  /** The observer of a relay. */
  readonly relayed: Observer.Observer = { observe: () => (this.size === 0 ? undefined : new Relayed(this)) }

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

  add(entry: Entry, message: Message.Message): void {
    const seq = ++this.#seq
    entry.seq = seq
    entry.at = this.#clock.currentTimeMillisUnsafe()
    entry.key = keyOf(message.messageId, seq)
    entry.kept = true
    // An existing message that is sent again.
    if (entry.event === undefined && message.type === "track") this.#count(message.event)
    const slot = this.#slotOf(seq)
    const oldest = this.#ring[slot]
    if (oldest !== undefined) this.#drop(oldest)
    const same = this.#byKey.get(entry.key)
    if (same !== undefined) this.#drop(same)
    this.#ring[slot] = entry
    this.#byKey.set(entry.key, entry)
    this.touch(entry, entry.size)
    if (!entry.kept) this.#notShown++
  }

  #slotOf(seq: number): number {
    return (seq - 1) % this.capacity
  }

  #drop(entry: Entry): void {
    this.#bytes -= entry.bytes
    this.#byKey.delete(entry.key)
    this.#ring[this.#slotOf(entry.seq)] = undefined
    if (this.#read?.entry === entry) this.#read = undefined
    entry.drop()
  }

  /** Records a change, which takes more bytes. The oldest events make room for them. */
  touch(entry: Entry, more: number): void {
    entry.revision = ++this.#revision
    entry.bytes += more
    this.#bytes += more
    this.#oldest = Math.max(this.#oldest, this.#seq - this.capacity + 1)
    for (; this.#bytes > this.#mostBytes; this.#oldest++) {
      const oldest = this.#ring[this.#slotOf(this.#oldest)]
      if (oldest !== undefined) this.#drop(oldest)
    }
  }

  read(entry: Entry): Message.Message {
    if (this.#read?.entry !== entry) this.#read = { entry, message: JSON.parse(entry.text) as Message.Message }
    return this.#read.message
  }

  get(key: string): Entry | undefined {
    return this.#byKey.get(key)
  }

  /** The changes since a revision, oldest first. */
  since(revision: number): Array<Entry> {
    return this.#ring
      .filter((entry) => entry !== undefined && entry.revision > revision)
      .sort((a, b) => a!.revision - b!.revision) as Array<Entry>
  }
}
