import * as Effect from "effect/Effect"
import { nameOf } from "./fault.ts"

/** Logs the kind of what a function of the service threw: the rest may have anything in it, and is there at the debug level. */
export const logThrown = (what: string, thrown: unknown): Effect.Effect<void> =>
  Effect.andThen(Effect.logError(`${what} ${nameOf(thrown)}`), Effect.logDebug(what, thrown))
