import type * as Effect from "effect/Effect"
import type * as Receipt from "../../Receipt.ts"
import { Json } from "../base/jsonText.ts"
import { LinkedList, type Item } from "../base/linkedList.ts"
import { lacking, noConsent } from "../sink/consent.ts"
import type { Deliverable } from "../sink/model.ts"
import type { TrackedMessage } from "./trackedMessage.ts"

/** A sink with messages that wait for their actors' consent. */
interface ConsentingSink {
  readonly purposes: ReadonlyArray<string>
  readonly take: (tracked: TrackedMessage) => Effect.Effect<void> | undefined
  readonly end: (tracked: TrackedMessage, outcome: Receipt.Outcome) => Effect.Effect<void> | undefined
}

/** A message that one sink receives only after its actor consents. */
interface WaitingMessage {
  readonly who: string
  readonly tracked: TrackedMessage
  readonly sink: ConsentingSink
  /** The purpose that lacks the actor's consent. */
  readonly missing: string
  /** Ascending in the order of the calls. */
  readonly seq: number
}

type Endings = Array<Effect.Effect<void>>

/** The messages that wait for their actors' consent. */
export class AwaitingConsent {
  readonly #capacity: number
  /** In the order of the calls. */
  readonly #waiting = new LinkedList<WaitingMessage>()
  /** By actor, so that a call checks only its own actor's messages. */
  readonly #byActor = new Map<string, Set<Item<WaitingMessage>>>()
  #seq = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Whether messages can wait, and this one has an actor who could consent. */
  accepts(tracked: TrackedMessage): boolean {
    return this.#capacity > 0 && whoOf(tracked) !== undefined
  }

  /** Adds a message. If there is no room, ends the oldest, and returns an Effect if that takes time. */
  add(tracked: TrackedMessage, sink: ConsentingSink, missing: string): Effect.Effect<void> | undefined {
    const oldest = this.#waiting.length < this.#capacity ? undefined : this.#waiting.first
    if (oldest !== undefined) this.#remove(oldest)
    const who = whoOf(tracked)!
    const own = this.#byActor.get(who) ?? new Set()
    Json.keep(tracked.message)
    this.#byActor.set(who, own.add(this.#waiting.add({ who, tracked, sink, missing, seq: ++this.#seq })))
    return oldest && endOf(oldest.value)
  }

  /** Passes the messages to which an actor has now consented to their sinks. */
  release(ids: ReadonlyArray<string | undefined>, consent: Deliverable["consent"]): Endings {
    return this.#waiting.length === 0 ? [] : this.#release(ids, consent)
  }

  #release(ids: ReadonlyArray<string | undefined>, consent: Deliverable["consent"]): Endings {
    const released: Array<WaitingMessage> = []
    for (const id of new Set(ids)) {
      for (const item of this.#byActor.get(id!) ?? []) {
        if (!allows(item.value, consent)) continue
        this.#remove(item)
        released.push(item.value)
      }
    }
    return endings(
      released.sort((a, b) => a.seq - b.seq),
      ({ sink, tracked }) => {
        tracked.accepted.consent = consent
        return sink.take(tracked)
      }
    )
  }

  /** Ends all waiting messages: they lack consent. */
  end(): Endings {
    return this.#waiting.length === 0 ? [] : this.#end()
  }

  #end(): Endings {
    const all = [...this.#waiting]
    for (let item = this.#waiting.first; item !== undefined; item = this.#waiting.first) this.#remove(item)
    return endings(all, endOf)
  }

  #remove(item: Item<WaitingMessage>): void {
    const { who } = item.value
    const own = this.#byActor.get(who)!
    this.#waiting.remove(item)
    own.delete(item)
    if (own.size === 0) this.#byActor.delete(who)
  }
}

const whoOf = ({ message: { anonymousId, userId } }: TrackedMessage): string | undefined =>
  userId || anonymousId || undefined

const allows = ({ sink, tracked }: WaitingMessage, consent: Deliverable["consent"]): boolean =>
  lacking([...tracked.accepted.purposes, ...sink.purposes], { consent }) === undefined

const endOf = ({ missing, sink, tracked }: WaitingMessage): Effect.Effect<void> | undefined =>
  sink.end(tracked, noConsent(missing))

const endings = (
  messages: ReadonlyArray<WaitingMessage>,
  f: (waiting: WaitingMessage) => Effect.Effect<void> | undefined
): Endings => messages.map(f).filter((ending) => ending !== undefined)
