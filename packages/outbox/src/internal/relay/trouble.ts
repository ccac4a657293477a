import * as Effect from "effect/Effect"
import type { OutboxError } from "../../OutboxError.ts"

/** How long after a line another one may follow, in milliseconds. */
const interval = 60_000

/** Logs when the outbox's database fails, and when it responds again: at most one such pair a minute. */
export class Trouble {
  #reason: string | undefined
  #logged = false
  #loggedAt = Number.NEGATIVE_INFINITY

  begin(error: OutboxError): Effect.Effect<void> {
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
    return Effect.logInfo("outbox: its database responds again")
  })
}

/** Logs a number of messages at most once a minute. */
export class CountLog {
  readonly #line: (count: number) => string
  #count = 0
  #loggedAt = Number.NEGATIVE_INFINITY

  constructor(line: (count: number) => string) {
    this.#line = line
  }

  add(count: number): Effect.Effect<void> {
    if (count === 0) return Effect.void
    return Effect.clockWith((clock) => {
      this.#count += count
      const now = clock.currentTimeMillisUnsafe()
      if (Math.abs(now - this.#loggedAt) < interval) return Effect.void
      this.#loggedAt = now
      const line = this.#line(this.#count)
      this.#count = 0
      return Effect.logWarning(line)
    })
  }
}

export const messages = (count: number): string => (count === 1 ? "a message" : `${count} messages`)
