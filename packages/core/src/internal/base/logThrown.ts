import * as Effect from "effect/Effect"
import { nameOf } from "./fault.ts"

/** Logs the kind of error that a function of the service threw. The error can contain anything, so it appears only at the debug level. */
export const logThrown = (what: string, thrown: unknown): Effect.Effect<void> =>
  Effect.andThen(Effect.logError(`${what} ${nameOf(thrown)}`), Effect.logDebug(what, thrown))
