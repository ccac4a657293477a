/** Calls in progress: they resolve relations, or wait for room. */
export class Calls {
  readonly #over = new Set<Promise<void>>()

  get size(): number {
    return this.#over.size
  }

  /** Resolves once the current calls are over. It never rejects. */
  over(): Promise<unknown> {
    return Promise.all(this.#over)
  }

  /** Chains nothing to the call's promise, so that the stack of its error leads to the code that awaits it. */
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
