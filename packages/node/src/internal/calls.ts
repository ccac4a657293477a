/** The calls that began between two reads of the current calls. */
interface Group {
  size: number
  over: PromiseWithResolvers<void> | undefined
}

const sizeOf = (groups: ReadonlyArray<Group>): number => groups.reduce((sum, { size }) => sum + size, 0)

/** Calls in progress: they resolve relations, or wait for room. They are counted, since V8 shrinks a `Set` that loses its only item. */
export class Calls {
  #latest: Group = { size: 0, over: undefined }
  #earlier: ReadonlyArray<Group> = []

  get size(): number {
    return sizeOf(this.#earlier) + this.#latest.size
  }

  /** The current calls. `over` resolves once they are over, and never rejects; `left` counts the unfinished ones. */
  get current(): { readonly over: Promise<unknown>; readonly left: () => number } {
    const groups = [...this.#earlier, this.#latest].filter(({ size }) => size > 0)
    this.#earlier = groups
    this.#latest = { size: 0, over: undefined }
    return {
      over: Promise.all(groups.map((group) => (group.over ??= Promise.withResolvers()).promise)),
      left: () => sizeOf(groups)
    }
  }

  /** Begins a call. Call the result once, at its end. */
  begin(): () => void {
    const group = this.#latest
    group.size++
    return () => {
      if (--group.size === 0) group.over?.resolve()
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
