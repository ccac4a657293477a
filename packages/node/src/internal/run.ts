import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as log from "./log.ts"
import { scheduler } from "./turns.ts"
import { Unexpected } from "../Unexpected.ts"

/** The options of `run`. */
export interface RunOptions {
  readonly context?: Context.Context<never> | undefined
  readonly signal?: AbortSignal | undefined
}

/** The context of code that runs outside any tracking. */
const alone: Context.Context<never> = Context.merge(log.standard, scheduler)

/** Runs an effect as a promise. It rejects with the error itself, whose stack leads to the awaiting code. */
export const run = async <A>(effect: Effect.Effect<A, unknown, any>, options?: RunOptions): Promise<A> => {
  const signal = options?.signal
  signal?.throwIfAborted()
  const exit = await Effect.runPromiseExitWith(options?.context ?? alone)(effect as Effect.Effect<A, unknown>, {
    signal
  })
  if (Exit.isSuccess(exit)) return exit.value
  if (signal?.aborted === true && Cause.hasInterruptsOnly(exit.cause)) throw signal.reason
  throw errorOf(exit.cause, run)
}

/** A promise, and what settles it with an exit. Its errors are those of `run`. It makes nothing else, since many may wait at once. */
export const pending = <A>(): {
  readonly promise: Promise<A>
  readonly onExit: (exit: Exit.Exit<A, unknown>) => void
} => {
  const { promise, resolve } = Promise.withResolvers<A>()
  return { promise, onExit: (exit) => resolve(Exit.isSuccess(exit) ? exit.value : rejection(exit.cause)) }
}

/** It rejects once the promise that it resolves waits for it, so that the error's stack leads to the awaiting code. */
const rejection = async (cause: Cause.Cause<unknown>): Promise<never> => {
  // The promise is resolved after the first, and waits for this one after the second.
  await undefined
  await undefined
  throw errorOf(cause, rejection)
}

/** The error of a cause, for code that does not use Effect. Its stack starts at the caller of `from`. */
export const errorOf = (cause: Cause.Cause<unknown>, from: (...args: ReadonlyArray<never>) => unknown): unknown => {
  const failure = cause.reasons.find(Cause.isFailReason)
  if (failure === undefined) return unexpected(Cause.squash(cause), from)
  const { error } = failure
  return isOwn(error) ? plain(error, from) : error
}

/** Wraps an unexpected error. Trackmap's own errors explain themselves, and stay unchanged. */
export const unexpected = (thrown: unknown, from: (...args: ReadonlyArray<never>) => unknown): Error =>
  isOwn(thrown) ? plain(thrown, from) : new Unexpected({ cause: thrown }, from)

const inspect = Symbol.for("nodejs.util.inspect.custom")

/** Makes an error print like any other: with the stack of its callers. */
const plain = (error: Error, from: (...args: ReadonlyArray<never>) => unknown): Error => {
  Error.captureStackTrace?.(error, from)
  return Object.defineProperty(error, inspect, { value: undefined })
}

/** Whether Trackmap made the error, so that its original stack helps nobody. */
const isOwn = (error: unknown): error is Error => error instanceof Error && String(error.name).startsWith("@trackmap/")
