interface Flush {
  /** The sequence number of the last message that it waits for. */
  readonly seq: number
  readonly resume: () => void
}

/** The flushes of a sink that wait for receipts. */
export class Flushes {
  #waiting: ReadonlyArray<Flush> = []

  get none(): boolean {
    return this.#waiting.length === 0
  }

  /** Resumes when every message up to a sequence number has its receipt. Call the result to stop waiting. */
  add(seq: number, resume: () => void): () => void {
    const flush = { seq, resume }
    this.#waiting = [...this.#waiting, flush]
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== flush)
    }
  }

  /** Resumes the flushes that are done. `first` is the sequence number of the first message without a receipt. */
  resumeBefore(first: number): void {
    const done = this.#waiting.filter(({ seq }) => seq < first)
    this.#waiting = this.#waiting.filter(({ seq }) => seq >= first)
    for (const { resume } of done) resume()
  }
}
