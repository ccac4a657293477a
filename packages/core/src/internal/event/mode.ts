/**
 * What becomes of a relation, or of a computed attribute, that fails while an event is tracked: `"omit"` leaves it out and tells of
 * it in the message's context, `"fail"` fails the call.
 */
export type Relations = "omit" | "fail"

/**
 * What becomes of a value that its schema refuses, and of a property that the event does not have, while an event is tracked:
 *
 * - `"strip"` leaves it out, and tells of it in the message's context;
 * - `"annotate"` sends it as it is where it is JSON, and tells of it in the message's context;
 * - `"deadLetter"` does the same, but the message is rejected by every sink, and so goes to their dead letters;
 * - `"fail"` fails the call;
 * - `"off"` does not look.
 */
export type Validation = "fail" | "deadLetter" | "strip" | "annotate" | "off"

/** How an event is tracked where the tracker's own way is not meant for it. */
export interface Mode {
  readonly relations?: Relations | undefined
  readonly validation?: Validation | undefined
}
