import type * as Clock from "effect/Clock"
import * as monotonic from "../base/monotonic.ts"

/** The time limit for closing a tracker, from the first step. */
export class Deadline {
  readonly #within: number
  readonly #clock: Clock.Clock
  #since: number | undefined

  /** `within` is in milliseconds. */
  constructor(within: number, clock: Clock.Clock) {
    this.#within = within
    this.#clock = clock
  }

  /** Starts the clock, unless it is already running. `spent` is the time already used, in milliseconds. */
  begin(spent = 0): void {
    this.#since ??= monotonic.millisOf(this.#clock) - spent
  }

  /** The milliseconds until a share of the time is used up. */
  left(share = 1): number {
    return Math.max(0, this.#within * share - (monotonic.millisOf(this.#clock) - this.#since!))
  }
}
