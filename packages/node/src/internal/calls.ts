/** Calls in progress: they resolve relations, or wait for room. */
export class Calls {
  readonly #over = new Set<Promise<void>>()

  get size(): number {
    return this.#over.size
  }

  /** The current calls. `over` resolves once they are over, and never rejects; `left` counts those that are not. */
  get current(): { readonly over: Promise<unknown>; readonly left: () => number } {
    const all = [...this.#over]
    return { over: Promise.all(all), left: () => all.filter((one) => this.#over.has(one)).length }
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
