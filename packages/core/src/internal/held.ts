import type * as Effect from "effect/Effect"
import type { Destination } from "./destination.ts"
import { type Circumstances, lacking, noConsent } from "./eventSink.ts"
import type { Tracked } from "./tracked.ts"

/** A message that one destination is not given before its actor consents. */
interface Kept {
  readonly who: string
  readonly tracked: Tracked
  readonly destination: Destination
  readonly missing: string
}

type Endings = Array<Effect.Effect<void>>

/** Messages that wait for their actors' consent. */
export class Held {
  readonly #capacity: number
  #kept = new Set<Kept>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Keeps a message, unless nobody could ever consent to it. The oldest makes room for it. */
  add(tracked: Tracked, destination: Destination, missing: string): Effect.Effect<void> | "kept" | "refused" {
    const { anonymousId, userId } = tracked.message
    const who = userId ?? anonymousId
    if (this.#capacity === 0 || who === undefined) return "refused"
    const [oldest] = this.#kept.size < this.#capacity ? [] : this.#kept
    if (oldest !== undefined) this.#kept.delete(oldest)
    this.#kept.add({ who, tracked, destination, missing })
    return oldest?.destination.end(oldest.tracked, noConsent(oldest.missing)) ?? "kept"
  }

  /** Lets go what an actor has consented to. */
  release(ids: ReadonlyArray<string | undefined>, circumstances: Circumstances): Endings {
    if (this.#kept.size === 0) return []
    return this.#let(
      (kept) => ids.includes(kept.who) && allows(kept, circumstances),
      ({ destination, tracked }) => destination.take(tracked, circumstances)
    )
  }

  /** Lets go everything, without consent. */
  end(): Endings {
    return this.#let(
      () => true,
      ({ destination, missing, tracked }) => destination.end(tracked, noConsent(missing))
    )
  }

  #let(which: (kept: Kept) => boolean, f: (kept: Kept) => Effect.Effect<void> | undefined): Endings {
    const going = [...this.#kept].filter(which)
    for (const kept of going) this.#kept.delete(kept)
    return going.map(f).filter((ending) => ending !== undefined)
  }
}

const allows = ({ destination, tracked }: Kept, circumstances: Circumstances): boolean =>
  lacking([...tracked.purposes, ...destination.to.lane.purposes], circumstances) === undefined
