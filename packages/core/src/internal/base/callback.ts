import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Effectable from "effect/Effectable"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

type OnExit<A, E> = (exit: Exit.Exit<A, E>) => void

/** An Effect that only waits for a callback, so that `run` needs no fiber for it. Run it once. */
export abstract class Callback<A, E> extends Effectable.Class<A, E, any> {
  /** Starts to wait, and calls back at the end, now or later. */
  abstract register(context: Context.Context<never>, onExit: OnExit<A, E>): void
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
type Register<A, E> = (context: Context.Context<never>, onExit: OnExit<A, E>) => Effect.Effect<void>

class Made<A, E> extends Callback<A, E> {
  readonly #register: Register<A, E>
  #leave: Effect.Effect<void> = Effect.void

  constructor(register: Register<A, E>) {
    super()
    this.#register = register
  }

  override register(context: Context.Context<never>, onExit: OnExit<A, E>): void {
    this.#leave = this.#register(context, onExit)
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
  onExit: OnExit<A, E>
): void => {
  if (effect instanceof Callback) effect.register(context, onExit)
  else if (Exit.isExit(effect)) onExit(effect as Exit.Exit<A, E>)
  else Effect.runForkWith(context)(effect as Effect.Effect<A, E>).addObserver(onExit)
}

/** The same. The result interrupts it. */
export const fork = <A, E>(
  effect: Effect.Effect<A, E, any>,
  context: Context.Context<never>,
  onExit: OnExit<A, E>
): Effect.Effect<void> => {
  if (effect instanceof Callback) {
    effect.register(context, onExit)
    return Effect.suspend(() => effect.leave())
  }
  if (Exit.isExit(effect)) {
    onExit(effect as Exit.Exit<A, E>)
    return Effect.void
  }
  const fiber = Effect.runForkWith(context)(effect as Effect.Effect<A, E>)
  fiber.addObserver(onExit)
  return Fiber.interrupt(fiber)
}

/** Goes on with the end of an Effect. */
type Then<A, E, B, E2> = (exit: Exit.Exit<A, E>) => Effect.Effect<B, E2, any>

class Followed<A, E, B, E2> extends Callback<B, E2> {
  readonly #first: Effect.Effect<A, E, any>
  readonly #then: Then<A, E, B, E2>
  #leaveFirst: Effect.Effect<void> | undefined
  #leaveNext: Effect.Effect<void> | undefined

  constructor(first: Effect.Effect<A, E, any>, then: Then<A, E, B, E2>) {
    super()
    this.#first = first
    this.#then = then
  }

  override register(context: Context.Context<never>, onExit: OnExit<B, E2>): void {
    this.#leaveFirst = fork(this.#first, context, (exit) => {
      this.#leaveNext = fork(follow(this.#then, exit), context, onExit)
    })
  }

  override leave(): Effect.Effect<void> {
    return this.#leaveNext ?? this.#leaveFirst ?? Effect.void
  }
}

const follow = <A, E, B, E2>(then: Then<A, E, B, E2>, exit: Exit.Exit<A, E>): Effect.Effect<B, E2, any> => {
  try {
    return then(exit)
  } catch (thrown) {
    return Effect.die(thrown)
  }
}

/** Goes on with the end of an Effect: at once if it is an Exit. */
export const andThen = <A, E, B, E2>(
  effect: Effect.Effect<A, E, any>,
  then: Then<A, E, B, E2>
): Effect.Effect<B, E2, any> =>
  Exit.isExit(effect) ? follow(then, effect as Exit.Exit<A, E>) : new Followed(effect, then)

/** The results of several Effects that are run together, in their order. The first failure ends the others. */
export const all = <A, E>(effects: ReadonlyArray<Effect.Effect<A, E, any>>): Effect.Effect<Array<A>, E, any> =>
  make((context, onExit) => {
    const results = new Array<A>(effects.length)
    if (effects.length === 0) onExit(Exit.succeed(results))
    const leaves: Array<Effect.Effect<void>> = []
    let isOver = false
    const leave = Effect.suspend(() => {
      isOver = true
      return Effect.all(leaves, { discard: true })
    })
    let left = effects.length
    for (const [index, effect] of effects.entries()) {
      const stop = fork(effect, context, (exit) => {
        if (isOver) return
        if (Exit.isFailure(exit)) return run(Effect.andThen(leave, Exit.failCause(exit.cause)), context, onExit)
        results[index] = exit.value
        if (--left === 0) onExit(Exit.succeed(results))
      })
      leaves.push(stop)
    }
    return leave
  })
