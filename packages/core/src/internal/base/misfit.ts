import { describe } from "./fault.ts"
import { refuse } from "./refuse.ts"

/** Throws for a value that the functions of a module do not take: code without types can pass anything. `what` says where such values come from. */
export const misfit =
  (module: string, what: string) =>
  (given: unknown): never =>
    refuse(module, "BadPath", `this function takes ${what}, not ${describe(given)}`)
