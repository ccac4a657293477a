import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Tracer from "effect/Tracer"
import * as callback from "../base/callback.ts"
import { rejected } from "../base/fault.ts"
import * as userFunction from "../base/userFunction.ts"
import type { RowSource } from "./model.ts"

type Rows = ReadonlyArray<any>

/** A call of a batch function. Each run of it is one. */
export const callOf = (source: RowSource, keys: Array<unknown>): Effect.Effect<Rows, any, any> =>
  userFunction.ask(
    (options) => source.load(keys, options),
    (cause) => rejected(source.name, cause)
  )

/** Calls a batch function, and continues with its rows. Calls back now or later. The result ends the call. */
export const call = (
  source: RowSource,
  keys: Array<unknown>,
  context: Context.Context<never>,
  take: (rows: Rows) => Effect.Effect<unknown>,
  onExit: (exit: Exit.Exit<unknown, unknown>) => void
): Effect.Effect<void> =>
  // Without a tracer, nobody sees a span.
  Context.getOrUndefined(context, Tracer.Tracer) === undefined
    ? userFunction.call((options) => source.load(keys, options), {
        rejected: (cause) => rejected(source.name, cause),
        take,
        context,
        onExit
      })
    : callback.fork(inSpan(source, keys, Effect.flatMap(callOf(source, keys), take)), context, onExit)

const inSpan = <A, E, R>(
  { name }: RowSource,
  keys: Array<unknown>,
  loading: Effect.Effect<A, E, R>
): Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>> =>
  Effect.withSpan(loading, "Loader.load", {
    attributes: { "trackmap.loader.name": name, "trackmap.loader.keys": keys.length },
    captureStackTrace: false
  })
