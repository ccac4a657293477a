import * as Effect from "effect/Effect"

/** Logs that an operation failed. The defect can contain a value of an event, so it appears only at the debug level. */
export const logDefect = (what: string, defect: unknown): Effect.Effect<void> =>
  Effect.andThen(Effect.logError(`${what}; the debug log has the cause`), Effect.logDebug(what, defect))
