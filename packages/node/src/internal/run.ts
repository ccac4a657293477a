import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as log from "./log.ts"
import { Unexpected } from "../Unexpected.ts"

/** How a call is run. */
export interface RunOptions {
  readonly context?: Context.Context<never> | undefined
  readonly signal?: AbortSignal | undefined
}

/** The promise of an effect. It rejects with the error itself, whose stack leads to whoever waits. */
export const run = async <A>(effect: Effect.Effect<A, unknown, any>, options?: RunOptions): Promise<A> => {
  const signal = options?.signal
  signal?.throwIfAborted()
  const exit = await Effect.runPromiseExitWith(options?.context ?? log.standard)(effect as Effect.Effect<A, unknown>, {
    signal
  })
  if (Exit.isSuccess(exit)) return exit.value
  if (signal?.aborted === true && Cause.hasInterruptsOnly(exit.cause)) throw signal.reason
  throw errorOf(exit.cause, run)
}

/** What a cause is to those who know of no causes. Its stack begins with who called `from`. */
export const errorOf = (cause: Cause.Cause<unknown>, from: (...args: ReadonlyArray<never>) => unknown): unknown => {
  const failure = cause.reasons.find(Cause.isFailReason)
  if (failure === undefined) return unexpected(Cause.squash(cause), from)
  const { error } = failure
  return isOwn(error) ? plain(error, from) : error
}

/** What was thrown where nothing is expected to throw. What was made in here says itself what it is. */
export const unexpected = (thrown: unknown, from: (...args: ReadonlyArray<never>) => unknown): Error =>
  isOwn(thrown) ? plain(thrown, from) : new Unexpected({ cause: thrown }, from)

const inspect = Symbol.for("nodejs.util.inspect.custom")

/** The error as others are: with a stack of those who called, and shown with it. */
const plain = (error: Error, from: (...args: ReadonlyArray<never>) => unknown): Error => {
  Error.captureStackTrace?.(error, from)
  return Object.defineProperty(error, inspect, { value: undefined })
}

/** Whether it was made in here, so that where it was made tells nobody anything. */
const isOwn = (error: unknown): error is Error => error instanceof Error && String(error.name).startsWith("@trackmap/")
