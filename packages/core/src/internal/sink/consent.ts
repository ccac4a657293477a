import * as Receipt from "../../Receipt.ts"
import { visibleName } from "../base/visibleName.ts"
import type { Deliverable, EventSink } from "./model.ts"
import { mapSinks } from "./sink.ts"

export const consented = <E, R>(self: EventSink<E, R>, ...purposes: ReadonlyArray<string>): EventSink<E, R> =>
  mapSinks(self, (sink) => {
    const own = purposes.map((purpose) => visibleName(sink.name, "a purpose", purpose))
    return { ...sink, purposes: [...sink.purposes, ...own] }
  })

/** The consent to nothing. */
export const noPurposes: Deliverable["consent"] = new Set<string>()

/** Whether a value is a consent. Code without types can pass anything. */
export const isConsent = (given: unknown): given is Deliverable["consent"] =>
  given === "all" || typeof (given as { readonly has?: unknown } | null | undefined)?.has === "function"

/** The consent of an actor: to everything by default, and to nothing if the value is not a consent. */
export const consentOf = (given: unknown): Deliverable["consent"] =>
  given === undefined || given === null ? "all" : isConsent(given) ? given : noPurposes

type Consenting = Pick<Deliverable, "consent">

/** The first purpose without consent. */
export const lacking = (purposes: ReadonlyArray<string>, { consent }: Consenting): string | undefined =>
  consent === "all" ? undefined : purposes.find((purpose) => !consent.has(purpose))

/** The outcome of a message whose actor has not consented. */
export const noConsent = (purpose: string): Receipt.Outcome => Receipt.skipped(`no consent to ${purpose}`)
