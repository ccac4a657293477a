import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { OutboxState } from "../protocol.ts"
import { logDefect } from "../logDefect.ts"
import { ask } from "../asking/ask.ts"
import { asked, type Outbox } from "./model.ts"

const within = Duration.seconds(10)

const lookAt = (outbox: Outbox): Effect.Effect<OutboxState> =>
  ask(asked, within, () => (typeof outbox.stats === "function" ? outbox.stats() : outbox.stats)).pipe(
    Effect.map((stats) => ({
      sinks: stats.map(({ claims, dead, depth, oldest, parked, sink }) => ({
        sink,
        depth,
        oldest,
        claims,
        parked,
        dead
      })),
      error: undefined
    })),
    Effect.catch(({ error }) => Effect.succeed({ sinks: [], error }))
  )

/** The latest state of the outbox, which all connections share. */
export class Watch {
  readonly outbox: Outbox
  #text = ""
  #revision = 0
  #state: OutboxState | undefined

  constructor(outbox: Outbox) {
    this.outbox = outbox
  }

  /** Undefined before the first look. */
  get state(): OutboxState | undefined {
    return this.#state
  }
  /** Grows with every change. */
  get revision(): number {
    return this.#revision
  }

  readonly look: Effect.Effect<void> = Effect.suspend(() => lookAt(this.outbox)).pipe(
    Effect.map((seen) => {
      const text = JSON.stringify(seen)
      if (text === this.#text) return
      this.#text = text
      this.#revision++
      // An outbox that cannot be read still has the sinks that it had.
      this.#state = seen.error === undefined ? seen : { sinks: this.#state?.sinks ?? [], error: seen.error }
    }),
    Effect.catchDefect((defect) => logDefect("the inspector could not read the progress of the outbox", defect))
  )
}
