import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

type Resume<A, E> = (end: Effect.Effect<A, E, any>) => void

/** An Effect that only waits for a callback, so that `run` needs no fiber for it. Run it once. */
export abstract class Callback<A, E> extends Effectable.Class<A, E, any> {
  /** Starts to wait, and calls back with the end, now or later. */
  abstract register(context: Context.Context<never>, resume: Resume<A, E>): void
  /** Stops waiting. */
  abstract leave(): Effect.Effect<void>

  override asEffect(): Effect.Effect<A, E, any> {
    return Effect.callback<A, E, any>((resume) => {
      this.register(Fiber.getCurrent()!.context, resume)
      return Effect.suspend(() => this.leave())
    })
  }
}

/** Starts to wait. The result stops waiting. */
type Register<A, E> = (context: Context.Context<never>, resume: Resume<A, E>) => Effect.Effect<void>

class Made<A, E> extends Callback<A, E> {
  readonly #register: Register<A, E>
  #leave: Effect.Effect<void> = Effect.void

  constructor(register: Register<A, E>) {
    super()
    this.#register = register
  }

  override register(context: Context.Context<never>, resume: Resume<A, E>): void {
    this.#leave = this.#register(context, resume)
  }

  override leave(): Effect.Effect<void> {
    return this.#leave
  }
}

export const make = <A, E>(register: Register<A, E>): Effect.Effect<A, E, any> => new Made(register)

/** Runs an Effect, in a fiber only if it needs one. Calls back now or later. */
export const run = <A, E>(
  effect: Effect.Effect<A, E, any>,
  context: Context.Context<never>,
  onExit: (exit: Exit.Exit<A, E>) => void
): void => {
  if (Exit.isExit(effect)) onExit(effect as Exit.Exit<A, E>)
  else if (effect instanceof Callback) effect.register(context, (end) => run<A, E>(end, context, onExit))
  else Effect.runForkWith(context)(effect as Effect.Effect<A, E>).addObserver(onExit)
}

/** The same. The result interrupts it. */
export const fork = <A, E>(
  effect: Effect.Effect<A, E, any>,
  context: Context.Context<never>,
  onExit: (exit: Exit.Exit<A, E>) => void
): Effect.Effect<void> => {
  if (Exit.isExit(effect)) {
    onExit(effect as Exit.Exit<A, E>)
    return Effect.void
  }
  if (effect instanceof Callback) {
    let ending: Effect.Effect<void> | undefined
    effect.register(context, (end) => void (ending = fork<A, E>(end, context, onExit)))
    return Effect.suspend(() => ending ?? effect.leave())
  }
  const fiber = Effect.runForkWith(context)(effect as Effect.Effect<A, E>)
  fiber.addObserver(onExit)
  return Fiber.interrupt(fiber)
}

/** The results of several Effects that are run together, in their order. The first failure ends the others. */
export const all = <A, E>(effects: ReadonlyArray<Effect.Effect<A, E, any>>): Effect.Effect<Array<A>, E, any> =>
  make((context, resume) => {
    const results = new Array<A>(effects.length)
    if (effects.length === 0) resume(Effect.succeed(results))
    const leaves: Array<Effect.Effect<void>> = []
    const leave = Effect.suspend(() => Effect.all(leaves, { discard: true }))
    let left = effects.length
    for (const [index, effect] of effects.entries()) {
      const stop = fork(effect, context, (exit) => {
        if (Exit.isFailure(exit)) return resume(Effect.andThen(leave, Exit.failCause(exit.cause)))
        results[index] = exit.value
        if (--left === 0) resume(Effect.succeed(results))
      })
      leaves.push(stop)
    }
    return leave
  })
