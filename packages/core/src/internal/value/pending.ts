import * as Effect from "effect/Effect"
import { InvalidRow } from "../../RowError.ts"
import type { Pending } from "./model.ts"

/** Goes on after an effect; what the continuation throws about a row becomes the failure. */
export const andThen = (effect: Effect.Effect<unknown, any, any>, f: () => Pending): Effect.Effect<void, any, any> =>
  Effect.flatMap(effect, () => guarded(() => f() ?? Effect.void))

/** Runs what throws only `InvalidRow`, as an Effect. */
export const guarded = <A>(f: () => Effect.Effect<A, any, any>): Effect.Effect<A, any, any> => {
  try {
    return f()
  } catch (thrown) {
    return thrown instanceof InvalidRow ? Effect.fail(thrown) : Effect.die(thrown)
  }
}

/** All of what is left to run, together. */
export const all = (pendings: ReadonlyArray<Effect.Effect<void, any, any>>): Pending =>
  pendings.length === 0
    ? undefined
    : pendings.length === 1
      ? pendings[0]
      : Effect.all(pendings, { concurrency: "unbounded", discard: true })
