/** The turns of the event loop. Their timers are taken once: fake timers replace them, and would hold up all delivery. */
import * as Context from "effect/Context"
import { MixedScheduler, Scheduler } from "effect/Scheduler"
import { isWorkerd } from "./workerd.ts"

const { clearImmediate, clearTimeout, setImmediate, setTimeout } = globalThis

/** Whether fake timers were there before this module. Theirs wait for them. */
const isFake = (timer: object | undefined): boolean => timer !== undefined && "clock" in timer

/** Runs a function in the next turn. Call the result to have it not run. Some runners' environments have no `setImmediate`. */
export const nextTurn = (f: () => void): (() => void) => {
  if (setImmediate === undefined) {
    const timer = setTimeout(f, 0)
    return () => clearTimeout(timer)
  }
  const timer = setImmediate(f)
  return () => clearImmediate(timer)
}

/** A scheduler of fibers that fake timers do not stop. Workers have no timers outside of requests: there, Effect's own knows what to do. */
export const scheduler: Context.Context<never> =
  isWorkerd() || isFake(setImmediate ?? setTimeout)
    ? Context.empty()
    : (Context.make(Scheduler, new MixedScheduler("async", nextTurn)) as Context.Context<never>)
