/** Calls that are not over: their relations are being resolved, or there is no room. */
export class Calls {
  readonly #over = new Set<Promise<void>>()

  get size(): number {
    return this.#over.size
  }

  /** Resolves once the calls of now are over. It never rejects. */
  over(): Promise<unknown> {
    return Promise.all(this.#over)
  }

  /** Nothing is put behind the promise of a call, so that the stack of what it rejects with leads to whoever waits for it. */
  async run<A>(call: () => Promise<A>): Promise<A> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#over.add(promise)
    try {
      return await call()
    } finally {
      this.#over.delete(promise)
      resolve()
    }
  }
}
