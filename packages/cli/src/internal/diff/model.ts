import type { Kind } from "../lock/model.ts"

/** How much a change breaks: text alone; nothing of what there was; something of it. */
export type Class = "patch" | "minor" | "major"

/**
 * What a change concerns: text that people read; programs that read events; events from before the change, in an outbox for example; personal data; the
 * meaning of a value; which events and values are delivered.
 */
export type Aspect = "text" | "readers" | "history" | "privacy" | "meaning" | "delivery"

/** A change of a plan. */
export interface Change {
  readonly class: Class
  readonly aspect: Aspect
  /** Readers of some kinds notice it, although it is minor: those that list the values they know, for example. */
  readonly warning: boolean
  readonly kind: Kind | "entity" | "relation"
  /** The name of the event, the call, the entity, or the path of the relation. */
  readonly name: string
  /** The key, if it is a change of a key. */
  readonly key?: string
  /** What has changed, as a sentence without its subject. */
  readonly what: string
  /** Whether every new event, without the keys that are new, is one of the old plan. */
  readonly readers: boolean
  /** Whether every old event is one of the new plan. */
  readonly history: boolean
}

const order = { none: 0, patch: 1, minor: 2, major: 3 } as const

/** The greater of two classes. */
export const greater = (a: Class | "none", b: Class | "none"): Class | "none" => (order[a] < order[b] ? b : a)

/** The greatest class of some changes. */
export const greatest = (changes: ReadonlyArray<Change>): Class | "none" =>
  changes.reduce<Class | "none">((known, one) => greater(known, one.class), "none")
