import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { DuckDBError } from "../../DuckDBError.ts"
import { isLocked } from "../engine/fault.ts"

/** Readers that are done within this time, in milliseconds, are nobody's business. */
const patience = 10_000
/** The time between two lines of the log about one trouble, in milliseconds. */
const silence = 5 * 60_000

/** Tells the log why messages wait, once in a while, and that they no longer do. */
export class Trouble {
  readonly #sink: string
  #since: number | undefined
  #told: { readonly reason: string; readonly at: number } | undefined

  constructor(sink: string) {
    this.#sink = sink
  }

  /** Messages wait because of an error. */
  wait(error: Pick<DuckDBError, "message" | "reason">, locked: boolean): Effect.Effect<void> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const since = (this.#since ??= now)
      if (locked && now - since < patience) return Effect.void
      if (this.#told?.reason === error.reason && now - this.#told.at < silence) return Effect.void
      this.#told = { reason: error.reason, at: now }
      const long = Math.round((now - since) / 1_000)
      const waited = long === 0 ? "" : `, for ${long} s so far`
      return Effect.logWarning(`${this.#sink}: messages wait${waited}: ${error.message}`)
    })
  }

  /** Messages no longer wait. */
  readonly over: Effect.Effect<void> = Effect.suspend(() => {
    const told = this.#told !== undefined
    this.#since = undefined
    this.#told = undefined
    return told ? Effect.logInfo(`${this.#sink}: messages no longer wait`) : Effect.void
  })
}

/** Whether the error is another process's hold on the file. */
export const isHeld = (error: { readonly _tag: string }): boolean =>
  error._tag === "DuckDBError" && isLocked(error as DuckDBError)
