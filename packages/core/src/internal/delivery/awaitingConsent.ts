import type * as Effect from "effect/Effect"
import type * as Receipt from "../../Receipt.ts"
import { lacking, noConsent } from "../sink/consent.ts"
import type { Deliverable } from "../sink/model.ts"
import type { TrackedMessage } from "./trackedMessage.ts"

/** A sink with messages that wait for their actors' consent. */
interface ConsentingSink {
  readonly purposes: ReadonlyArray<string>
  readonly take: (tracked: TrackedMessage) => Effect.Effect<void> | undefined
  readonly end: (tracked: TrackedMessage, outcome: Receipt.Outcome) => Effect.Effect<void> | undefined
}

/** A message that one sink gets only once its actor consents. */
interface WaitingMessage {
  readonly who: string
  readonly tracked: TrackedMessage
  readonly sink: ConsentingSink
  /** The purpose to which the actor has not consented. */
  readonly missing: string
}

type Endings = Array<Effect.Effect<void>>

/** The messages that wait for their actors' consent. */
export class AwaitingConsent {
  readonly #capacity: number
  #waiting = new Set<WaitingMessage>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Whether messages can wait at all, and this one has an actor who could consent. */
  accepts(tracked: TrackedMessage): boolean {
    return this.#capacity > 0 && whoOf(tracked) !== undefined
  }

  /** Holds a message, and drops the oldest if it is full. Returns the Effect that ends the oldest, if any is left to run. */
  add(tracked: TrackedMessage, sink: ConsentingSink, missing: string): Effect.Effect<void> | undefined {
    const [oldest] = this.#waiting.size < this.#capacity ? [] : this.#waiting
    if (oldest !== undefined) this.#waiting.delete(oldest)
    this.#waiting.add({ who: whoOf(tracked)!, tracked, sink, missing })
    return oldest?.sink.end(oldest.tracked, noConsent(oldest.missing))
  }

  /** Passes the messages to which an actor has now consented to their sinks. */
  release(ids: ReadonlyArray<string | undefined>, consent: Deliverable["consent"]): Endings {
    if (this.#waiting.size === 0) return []
    return this.#remove(
      (waiting) => ids.includes(waiting.who) && allows(waiting, consent),
      ({ sink, tracked }) => {
        tracked.consent = consent
        return sink.take(tracked)
      }
    )
  }

  /** Ends all waiting messages, for lack of consent. */
  end(): Endings {
    return this.#remove(
      () => true,
      ({ missing, sink, tracked }) => sink.end(tracked, noConsent(missing))
    )
  }

  #remove(
    which: (waiting: WaitingMessage) => boolean,
    f: (waiting: WaitingMessage) => Effect.Effect<void> | undefined
  ): Endings {
    const removed = [...this.#waiting].filter(which)
    for (const waiting of removed) this.#waiting.delete(waiting)
    return removed.map(f).filter((ending) => ending !== undefined)
  }
}

const whoOf = ({ message: { anonymousId, userId } }: TrackedMessage): string | undefined => userId ?? anonymousId

const allows = ({ sink, tracked }: WaitingMessage, consent: Deliverable["consent"]): boolean =>
  lacking([...tracked.purposes, ...sink.purposes], { consent }) === undefined
