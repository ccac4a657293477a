/** A call in progress. Somebody may wait for its end. */
interface Call {
  over: PromiseWithResolvers<void> | undefined
}

/** Calls in progress: they resolve relations, or wait for room. */
export class Calls {
  readonly #current = new Set<Call>()

  get size(): number {
    return this.#current.size
  }

  /** The current calls. `over` resolves once they are over, and never rejects; `left` counts those that are not. */
  get current(): { readonly over: Promise<unknown>; readonly left: () => number } {
    const all = [...this.#current]
    return {
      over: Promise.all(all.map((call) => (call.over ??= Promise.withResolvers()).promise)),
      left: () => all.filter((call) => this.#current.has(call)).length
    }
  }

  /** Begins a call. Call the result at its end. */
  begin(): () => void {
    const call: Call = { over: undefined }
    this.#current.add(call)
    return () => {
      this.#current.delete(call)
      call.over?.resolve()
    }
  }

  /** Chains nothing to the call's promise, so that the stack of its error leads to the code that awaits it. */
  async run<A>(call: () => Promise<A>): Promise<A> {
    const end = this.begin()
    try {
      return await call()
    } finally {
      end()
    }
  }
}
