import { describe } from "./fault.ts"
import { refuse } from "./refuse.ts"

/**
 * Throws for a value that the functions of a module do not accept: code without types can pass anything. `what` describes the accepted values.
 */
export const misfit =
  (module: string, what: string) =>
  (given: unknown): never =>
    refuse(module, "BadPath", `this function takes ${what}, not ${describe(given)}`)
