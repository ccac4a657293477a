import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as callback from "./callback.ts"

/** Whether a user's function returned a promise, or another object with a `then`. */
const isPromise = (answer: unknown): answer is PromiseLike<unknown> =>
  typeof answer === "object" && answer !== null && "then" in answer && typeof answer.then === "function"

const ignore = (): void => {}

/**
 * Whether an answer comes later, in which case the caller calls the function once more. It handles the rejection of the promise that nobody
 * awaits, which would otherwise end the process.
 */
export const comesLater = (answer: unknown): boolean => {
  if (Effect.isEffect(answer)) return true
  if (!isPromise(answer)) return false
  if (isNative(answer)) answer.then(undefined, ignore)
  return true
}

/**
 * Whether it is a native promise, which is already running. A promise of another realm counts, too; a query builder may
 * throw when inspected.
 */
const isNative = (answer: PromiseLike<unknown>): boolean => {
  if (answer instanceof Promise) return true
  try {
    return Object.prototype.toString.call(answer) === "[object Promise]"
  } catch {
    return false
  }
}

/** Converts a promise's rejection to an error. */
type Rejected = (cause: unknown) => unknown

type Signalled = (options: { readonly signal: AbortSignal }) => unknown

/** An answer as an Effect, whether it is an Effect, a promise or a value. A rejection becomes an error. */
export const from = (answer: unknown, rejected: Rejected, interrupted?: () => void): Effect.Effect<any, any, any> => {
  if (Effect.isEffect(answer)) return answer
  return isPromise(answer) ? fromPromise(answer, rejected, interrupted) : Effect.succeed(answer)
}

/** Calls a function each time that the Effect runs. Its signal aborts when nobody waits for its promise any more. */
export const ask = <A = any, E = any, R = any>(f: Signalled, rejected: Rejected): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    const asked = new Asked()
    return from(f(asked), rejected, () => asked.abort())
  })

/** The abort signal of a call, made on first use, since few functions read it. */
class Asked {
  #controller: AbortController | undefined

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  abort(): void {
    this.#controller?.abort()
  }
}

const fromPromise = (
  answer: PromiseLike<unknown>,
  rejected: (cause: unknown) => unknown,
  interrupted?: () => void
): Effect.Effect<unknown, unknown> => {
  // `then` is called once, since a query builder runs its query at each call, and at once, since the promise may reject before it is awaited.
  const promise = Promise.resolve(answer)
  promise.catch(ignore)
  return Effect.callback((resume) => {
    promise.then(
      (value) => resume(Effect.succeed(value)),
      (cause: unknown) => resume(Effect.fail(rejected(cause)))
    )
    return interrupted && Effect.sync(interrupted)
  })
}

/** How a call continues: the next step for an answer, the context to run it in, and the callback for the result. */
interface Going<A> {
  readonly rejected: (cause: unknown) => unknown
  readonly take: (answer: any) => Effect.Effect<A, unknown, any>
  readonly context: Context.Context<never>
  readonly onExit: (exit: Exit.Exit<A, unknown>) => void
}

/**
 * Calls a function, and continues with its answer. It needs a fiber only if the function returns an Effect. Calls back now or later. The result
 * ends the call, unless that is over.
 */
export const call = <A>(
  f: (options: { readonly signal: AbortSignal }) => unknown,
  going: Going<A>
): Effect.Effect<void> => {
  const asked = new Asked()
  let rest: Effect.Effect<A, unknown, any>
  try {
    const answer = f(asked)
    if (Effect.isEffect(answer)) rest = Effect.flatMap(answer as Effect.Effect<unknown, unknown, any>, going.take)
    else if (isPromise(answer)) return awaited(answer, asked, going)
    else rest = going.take(answer)
  } catch (thrown) {
    rest = Effect.die(thrown)
  }
  return callback.fork(rest, going.context, going.onExit)
}

/** Continues with the result of a promise. The signal aborts if nobody waits for it any more. */
const awaited = <A>(
  answer: PromiseLike<unknown>,
  asked: Asked,
  { context, onExit, rejected, take }: Going<A>
): Effect.Effect<void> => {
  let isWaiting = true
  const settle = (f: (settled: unknown) => Effect.Effect<A, unknown, any>, settled: unknown): void => {
    if (!isWaiting) return
    isWaiting = false
    let rest: Effect.Effect<A, unknown, any>
    try {
      rest = f(settled)
    } catch (thrown) {
      rest = Effect.die(thrown)
    }
    callback.run(rest, context, onExit)
  }
  // `then` is called once, since a query builder runs its query at each call.
  Promise.resolve(answer).then(
    (value) => settle(take, value),
    (cause: unknown) => settle((given) => Effect.fail(rejected(given)), cause)
  )
  return Effect.sync(() => {
    if (!isWaiting) return
    isWaiting = false
    asked.abort()
  })
}

/** Whether a function is known to return promises without calling it. */
export const isAsync = (f: unknown): boolean => Object.prototype.toString.call(f) === "[object AsyncFunction]"
