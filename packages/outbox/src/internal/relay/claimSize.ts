interface Limits {
  /** The messages of the sink's batches. */
  readonly batch: number
  readonly limit: number
  /** About the most bytes of a claim. */
  readonly bytes: number
  /** In milliseconds. */
  readonly lease: number
}

/** How many messages the next claim has: more while claims come full and go fast, fewer if a claim takes a good part of its lease. */
export class ClaimSize {
  readonly #limits: Limits
  #size: number
  /** The bytes of a message, on average of the last claims. */
  #bytes = 0

  constructor(limits: Limits) {
    this.#limits = limits
    this.#size = Math.min(limits.batch, limits.limit)
  }

  get next(): number {
    const most = this.#bytes === 0 ? this.#size : Math.max(1, Math.floor(this.#limits.bytes / this.#bytes))
    return Math.min(this.#size, most)
  }

  /** Learns from a claim: the length of its bodies, its limit, and how long its messages took, in milliseconds. */
  add(bodies: ReadonlyArray<number>, asked: number, took: number): void {
    // All of them were erased after an earlier relay had claimed them.
    if (bodies.length === 0) return
    const { batch, lease, limit } = this.#limits
    const mean = bodies.reduce((sum, length) => sum + length, 0) / bodies.length
    this.#bytes = this.#bytes === 0 ? mean : (this.#bytes * 3 + mean) / 4
    if (took > lease / 3) this.#size = Math.max(Math.min(batch, limit), Math.floor(this.#size / 2))
    else if (bodies.length >= asked && took < lease / 10) this.#size = Math.min(limit, this.#size * 2)
  }
}
