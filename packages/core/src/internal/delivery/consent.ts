import type * as Effect from "effect/Effect"
import type * as Receipt from "../../Receipt.ts"
import { lacking, noConsent } from "../sink/consent.ts"
import type { Circumstances } from "../sink/model.ts"
import type { Tracked } from "./tracked.ts"

/** What is asked of a sink whose messages wait. */
interface Asking {
  readonly purposes: ReadonlyArray<string>
  readonly take: (tracked: Tracked, circumstances: Circumstances) => Effect.Effect<void> | undefined
  readonly end: (tracked: Tracked, outcome: Receipt.Outcome) => Effect.Effect<void> | undefined
}

/** A message that one sink is not given before its actor consents. */
interface Held {
  readonly who: string
  readonly tracked: Tracked
  readonly sink: Asking
  readonly missing: string
}

type Endings = Array<Effect.Effect<void>>

/** Messages that wait for their actors' consent. */
export class HeldMessages {
  readonly #capacity: number
  #held = new Set<Held>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Keeps a message, unless nobody could ever consent to it. The oldest makes room for it. */
  add(tracked: Tracked, sink: Asking, missing: string): Effect.Effect<void> | "kept" | "refused" {
    const { anonymousId, userId } = tracked.message
    const who = userId ?? anonymousId
    if (this.#capacity === 0 || who === undefined) return "refused"
    const [oldest] = this.#held.size < this.#capacity ? [] : this.#held
    if (oldest !== undefined) this.#held.delete(oldest)
    this.#held.add({ who, tracked, sink, missing })
    return oldest?.sink.end(oldest.tracked, noConsent(oldest.missing)) ?? "kept"
  }

  /** Lets go what an actor has consented to. */
  release(ids: ReadonlyArray<string | undefined>, circumstances: Circumstances): Endings {
    if (this.#held.size === 0) return []
    return this.#let(
      (held) => ids.includes(held.who) && allows(held, circumstances),
      ({ sink, tracked }) => sink.take(tracked, circumstances)
    )
  }

  /** Lets go everything, without consent. */
  end(): Endings {
    return this.#let(
      () => true,
      ({ sink, missing, tracked }) => sink.end(tracked, noConsent(missing))
    )
  }

  #let(which: (held: Held) => boolean, f: (held: Held) => Effect.Effect<void> | undefined): Endings {
    const going = [...this.#held].filter(which)
    for (const held of going) this.#held.delete(held)
    return going.map(f).filter((ending) => ending !== undefined)
  }
}

const allows = ({ sink, tracked }: Held, circumstances: Circumstances): boolean =>
  lacking([...tracked.purposes, ...sink.purposes], circumstances) === undefined
