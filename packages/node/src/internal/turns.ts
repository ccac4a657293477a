/** The turns of the event loop. This module keeps the real timers: fake timers would stop all delivery. */
import * as Context from "effect/Context"
import { MixedScheduler, Scheduler } from "effect/Scheduler"
import { isWorkerd } from "./workerd.ts"

const { clearImmediate, clearTimeout, setImmediate, setTimeout } = globalThis

/** Whether fake timers were installed before this module was loaded. */
const isFake = (timer: object | undefined): boolean => timer !== undefined && "clock" in timer

/** Runs a function in the next turn. Call the result to cancel it. Some test environments have no `setImmediate`. */
export const nextTurn = (f: () => void): (() => void) => {
  if (setImmediate === undefined) {
    const timer = setTimeout(f, 0)
    return () => clearTimeout(timer)
  }
  const timer = setImmediate(f)
  return () => clearImmediate(timer)
}

/** A scheduler of fibers that fake timers do not stop. Workers have no timers outside requests, so there Effect's own scheduler runs. */
export const scheduler: Context.Context<never> =
  isWorkerd() || isFake(setImmediate ?? setTimeout)
    ? Context.empty()
    : (Context.make(Scheduler, new MixedScheduler("async", nextTurn)) as Context.Context<never>)
