import * as Effect from "effect/Effect"

/** Logs that something could not be done. The defect can have a value of an event in it, and is there at the debug level. */
export const logDefect = (what: string, defect: unknown): Effect.Effect<void> =>
  Effect.andThen(Effect.logError(`${what}; the debug log has the cause`), Effect.logDebug(what, defect))
