import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { InvalidRow, MissingRow } from "../../RowError.ts"
import * as callback from "../base/callback.ts"
import type { Pending } from "./model.ts"

/** Continues after an effect. If the continuation throws an error about a row, the Effect fails with it. */
export const andThen = (effect: Effect.Effect<unknown, any, any>, f: () => Pending): Effect.Effect<void, any, any> =>
  flatMap(effect, () => guarded(() => f() ?? Effect.void))

/** `Effect.flatMap` that needs no fiber where the effect needs none. */
export const flatMap = <A, B>(
  effect: Effect.Effect<A, any, any>,
  f: (value: A) => Effect.Effect<B, any, any>
): Effect.Effect<B, any, any> =>
  effect instanceof callback.Callback
    ? callback.andThen<A, any, B, any>(effect, (exit) =>
        Exit.isSuccess(exit) ? f(exit.value) : Effect.failCause(exit.cause)
      )
    : Effect.flatMap(effect, f)

/** Runs a function that throws only errors about rows as an Effect. */
export const guarded = <A>(f: () => Effect.Effect<A, any, any>): Effect.Effect<A, any, any> => {
  try {
    return f()
  } catch (thrown) {
    return rowFailure(thrown)
  }
}

/** The failure of code that throws only errors about rows. */
export const rowFailure = (thrown: unknown): Effect.Effect<never, any, any> =>
  thrown instanceof InvalidRow || thrown instanceof MissingRow ? Effect.fail(thrown) : Effect.die(thrown)

/** Combines all pending effects. */
export const all = (pendings: ReadonlyArray<Effect.Effect<void, any, any>>): Pending =>
  pendings.length === 0
    ? undefined
    : pendings.length === 1
      ? pendings[0]
      : pendings.every((pending) => pending instanceof callback.Callback)
        ? flatMap(callback.all(pendings), () => Effect.void)
        : Effect.all(pendings, { concurrency: "unbounded", discard: true })
