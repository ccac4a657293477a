import * as Effect from "effect/Effect"

/** How long after a line another one may follow, in milliseconds. */
const interval = 60_000

/** Logs when something that the relay needs fails, and when it works again: at most one such pair a minute. */
export class Trouble {
  readonly #ended: string
  #reason: string | undefined
  #logged = false
  #loggedAt = Number.NEGATIVE_INFINITY

  constructor(ended: string) {
    this.#ended = ended
  }

  begin(error: { readonly reason: string; readonly message: string }): Effect.Effect<void> {
    return Effect.clockWith((clock) => {
      const now = clock.currentTimeMillisUnsafe()
      const isKnown = this.#logged && error.reason === this.#reason
      if (isKnown || Math.abs(now - this.#loggedAt) < interval) return Effect.void
      this.#reason = error.reason
      this.#logged = true
      this.#loggedAt = now
      return Effect.logError(`${error.message}; the relay waits and tries again`)
    })
  }

  readonly end: Effect.Effect<void> = Effect.suspend(() => {
    if (!this.#logged) return Effect.void
    this.#logged = false
    return Effect.logInfo(this.#ended)
  })
}

/** Logs a number of messages at most once a minute. */
export class CountLog {
  readonly #line: (count: number, reason: string) => string
  #count = 0
  #loggedAt = Number.NEGATIVE_INFINITY

  constructor(line: (count: number, reason: string) => string) {
    this.#line = line
  }

  add(count: number, reason = ""): Effect.Effect<void> {
    if (count === 0) return Effect.void
    return Effect.clockWith((clock) => {
      this.#count += count
      const now = clock.currentTimeMillisUnsafe()
      if (Math.abs(now - this.#loggedAt) < interval) return Effect.void
      this.#loggedAt = now
      const line = this.#line(this.#count, reason)
      this.#count = 0
      return Effect.logWarning(line)
    })
  }
}

export const messages = (count: number): string => (count === 1 ? "a message" : `${count} messages`)
