/** Random numbers from a seed (mulberry32): runs are repeatable, and a draw takes some nanoseconds. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0, and less than 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000
  }

  /** A whole number from 0, and less than the bound. */
  below(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  /** Returns true once in `times` calls, on average. */
  oneIn(times: number): boolean {
    return this.below(times) === 0
  }

  pick<A>(from: ReadonlyArray<A>): A {
    return from[this.below(from.length)]!
  }
}
