import * as Effect from "effect/Effect"

/** Resumes fibers that wait for something to change. */
export class Signal {
  readonly #waiting = new Set<() => void>()

  readonly wait: Effect.Effect<void> = Effect.callback<void>((resume) => {
    const resumed = () => resume(Effect.void)
    this.#waiting.add(resumed)
    return Effect.sync(() => void this.#waiting.delete(resumed))
  })

  /** Waits until a condition holds, which is checked at every change. */
  until(condition: () => boolean): Effect.Effect<void> {
    return Effect.suspend(() => (condition() ? Effect.void : Effect.andThen(this.wait, this.until(condition))))
  }

  notify(): void {
    const waiting = [...this.#waiting]
    // A resumed fiber may wait again at once.
    this.#waiting.clear()
    for (const resumed of waiting) resumed()
  }
}
