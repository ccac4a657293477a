import * as Effect from "effect/Effect"
import { InvalidRow, MissingRow } from "../../RowError.ts"
import type { Pending } from "./model.ts"

/** Continues after an effect. If the continuation throws an error about a row, the Effect fails with it. */
export const andThen = (effect: Effect.Effect<unknown, any, any>, f: () => Pending): Effect.Effect<void, any, any> =>
  Effect.flatMap(effect, () => guarded(() => f() ?? Effect.void))

/** Runs a function that throws only errors about rows as an Effect. */
export const guarded = <A>(f: () => Effect.Effect<A, any, any>): Effect.Effect<A, any, any> => {
  try {
    return f()
  } catch (thrown) {
    return failed(thrown)
  }
}

/** The failure of what throws only errors about rows. */
export const failed = (thrown: unknown): Effect.Effect<never, any, any> =>
  thrown instanceof InvalidRow || thrown instanceof MissingRow ? Effect.fail(thrown) : Effect.die(thrown)

/** Combines all pending effects. */
export const all = (pendings: ReadonlyArray<Effect.Effect<void, any, any>>): Pending =>
  pendings.length === 0
    ? undefined
    : pendings.length === 1
      ? pendings[0]
      : Effect.all(pendings, { concurrency: "unbounded", discard: true })
