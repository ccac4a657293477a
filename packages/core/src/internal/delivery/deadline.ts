import type * as Clock from "effect/Clock"
import * as monotonic from "../base/monotonic.ts"

/** The time limit of a tracker's closing, from its first step on. */
export class Deadline {
  readonly #within: number
  readonly #clock: Clock.Clock
  #since: number | undefined

  /** `within` is in milliseconds. */
  constructor(within: number, clock: Clock.Clock) {
    this.#within = within
    this.#clock = clock
  }

  /** Begins, unless it has begun. `spent` is the part of the time that has gone already, in milliseconds. */
  begin(spent = 0): void {
    this.#since ??= monotonic.millisOf(this.#clock) - spent
  }

  /** The milliseconds left until a share of the time is over. */
  left(share = 1): number {
    return Math.max(0, this.#within * share - (monotonic.millisOf(this.#clock) - this.#since!))
  }
}
