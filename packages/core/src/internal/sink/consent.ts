import * as Receipt from "../../Receipt.ts"
import type { Deliverable, EventSink } from "./model.ts"
import { mapSinks } from "./sink.ts"

export const consented = <E, R>(self: EventSink<E, R>, ...purposes: ReadonlyArray<string>): EventSink<E, R> =>
  mapSinks(self, (sink) => ({ ...sink, purposes: [...sink.purposes, ...purposes] }))

/** The first purpose without consent. */
export const lacking = (
  purposes: ReadonlyArray<string>,
  { consent }: Pick<Deliverable, "consent">
): string | undefined => (consent === "all" ? undefined : purposes.find((purpose) => !consent.has(purpose)))

/** The outcome of a message whose actor has not consented. */
export const noConsent = (purpose: string): Receipt.Outcome => Receipt.skipped(`no consent to ${purpose}`)
