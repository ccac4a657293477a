import * as Effect from "effect/Effect"

/** A module that only some services need, and that is loaded for the first of them. */
export interface Lazy<out M> {
  /** Begins to load it. */
  readonly begin: () => void
  /** Waits for it, if it is not there yet. */
  readonly get: Effect.Effect<M>
}

export const lazily = <M>(load: () => Promise<M>): Lazy<M> => {
  let loading: Promise<M> | undefined
  let loaded: Effect.Effect<M> | undefined
  const start = (): Promise<M> =>
    (loading ??= load().then(
      (module) => {
        loaded = Effect.succeed(module)
        return module
      },
      (error) => {
        loading = undefined
        throw error
      }
    ))
  return {
    // Whoever waits for it gets the error.
    begin: () => void start().catch(() => {}),
    get: Effect.suspend(() => loaded ?? Effect.promise(start))
  }
}
