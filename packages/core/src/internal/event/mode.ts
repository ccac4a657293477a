/**
 * How tracking treats a relation or a computed attribute that fails: `"omit"` leaves it out and names it in the message's context, `"fail"`
 * fails the call.
 */
export type Relations = "omit" | "fail"
export const relationModes: ReadonlyArray<Relations> = ["omit", "fail"]

/**
 * How tracking treats a value that its schema refuses, and a property that the event does not define:
 *
 * - `"strip"` leaves it out, and names it in the message's context;
 * - `"annotate"` sends it unchanged if it is JSON, and names it in the message's context;
 * - `"deadLetter"` does the same, but every sink rejects the message, so it goes to their dead letters;
 * - `"fail"` fails the call;
 * - `"off"` does not check.
 */
export type Validation = "fail" | "deadLetter" | "strip" | "annotate" | "off"
export const validationModes: ReadonlyArray<Validation> = ["strip", "annotate", "deadLetter", "fail", "off"]

/**
 * The same for one event, which can also leave its loaders to relays: with `"later"`, `track` writes the row's own values and the keys of its
 * relations, and a relay with the plan looks the relations up. It is the same as `"omit"` where a sink of the tracker cannot leave them.
 */
export type EventRelations = Relations | "later"
export const eventRelations: ReadonlyArray<EventRelations> = [...relationModes, "later"]

/** An event's own modes, which override the tracker's. */
export interface Mode {
  readonly relations?: EventRelations | undefined
  readonly validation?: Validation | undefined
}
