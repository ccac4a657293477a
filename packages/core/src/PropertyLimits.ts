/**
 * The limits of a destination for the properties of one record, for sinks whose vendor cuts or refuses longer ones: whether properties fit, why
 * they do not, and the part of them that does.
 *
 * @example
 * ```ts
 * import { PropertyLimits } from "@trackmap/core"
 *
 * const limits: PropertyLimits.PropertyLimits = {
 *   properties: 254,
 *   elements: 4,
 *   objectKeys: 254,
 *   depth: 3,
 *   stringBytes: 8,
 *   valueBytes: 8_000,
 *   bytes: 900_000,
 *   reserved: new Set(["time"]),
 *   marker: "_truncated"
 * }
 * const properties = { note: "Gold Plated Duck Tape", sizes: [1, 2, 3, 4, 5], time: 7 }
 * console.log(PropertyLimits.fits(properties, limits)) // false
 * console.log(PropertyLimits.reasonAgainst(properties, limits)) // the destination does not accept all of note, sizes, time
 * console.log(PropertyLimits.cut(properties, limits))
 * // { note: "Gold Pla", sizes: [ 1, 2, 3, 4 ], _truncated: [ "note", "sizes", "time" ] }
 * ```
 *
 * @module
 */
import * as planned from "./internal/sink/plannedLimits.ts"
import * as internal from "./internal/sink/propertyLimits.ts"
import type * as Plan from "./Plan.ts"
import type { Rule } from "./PlanSupport.ts"

export type { PropertyLimits, Values } from "./internal/sink/propertyLimits.ts"

/**
 * Limits of which most are absent. A limit of characters alone is no limit of bytes. The marker is reserved.
 *
 * @example
 * ```ts
 * import { PropertyLimits } from "@trackmap/core"
 *
 * const limits = PropertyLimits.make({ depth: 2, stringCharacters: 1_024, marker: "_truncated" })
 * console.log(PropertyLimits.fits({ note: "x".repeat(1_024) }, limits)) // true
 * console.log(PropertyLimits.reasonAgainst({ deep: [[[7]]] }, limits)) // the destination does not accept all of deep
 * ```
 */
export const make = (
  given: Partial<internal.PropertyLimits> & { readonly marker: string }
): internal.PropertyLimits => ({
  properties: Number.POSITIVE_INFINITY,
  elements: Number.POSITIVE_INFINITY,
  objectKeys: Number.POSITIVE_INFINITY,
  depth: Number.POSITIVE_INFINITY,
  // No character has more than three bytes for each of JavaScript's.
  stringBytes: given.stringCharacters === undefined ? Number.POSITIVE_INFINITY : 3 * given.stringCharacters,
  valueBytes: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  reserved: new Set([given.marker]),
  ...given
})

/** Whether properties fit unchanged, in one pass. `others` is the number of further properties of the record. */
export const fits: (values: internal.Values, limits: internal.PropertyLimits, others?: number) => boolean =
  internal.fits

/** Why properties do not fit. It names keys and never a value. */
export const reasonAgainst: (values: internal.Values, limits: internal.PropertyLimits, others?: number) => string =
  internal.reasonAgainst

/**
 * The part of properties that fits: strings are shortened within a code point's bounds, lists, objects and properties are trimmed. The marker
 * lists the keys of incomplete values, after those in `before`, which were already cut. Count the marker among the `others`: it is a property
 * too.
 */
export const cut: (
  values: internal.Values,
  limits: internal.PropertyLimits,
  others?: number,
  before?: ReadonlyArray<string>
) => internal.Values = internal.cut

/**
 * Names the events of a plan that could never arrive whole at a destination, with the reasons, or returns undefined if all can: names that are too long or
 * reserved, more required keys than there is room for, types nested too deep, lists with a higher maximum. It names events and keys.
 */
export const reasonAgainstPlan: (
  plan: Plan.Plan,
  destination: string,
  limits: internal.PropertyLimits,
  others?: number
) => string | undefined = planned.reasonAgainstPlan

/** Names the events of a plan whose names a destination would not accept, with the reason against each, or returns undefined if there are none. */
export const reasonAgainstNames: (
  plan: Plan.Plan | undefined,
  destination: string,
  reasonAgainst: (name: string) => string | undefined
) => string | undefined = planned.reasonAgainstNames

/** What `rules` needs to know of a destination. */
export type { Destination, Limits } from "./internal/sink/plannedLimits.ts"

/**
 * The rules of `trackmap check` for a destination with such limits, for the module `PlanSupport` of its package: `<rule>-limits` for what is too long, too
 * deep or too much, and `<rule>-reserved` for names that the destination keeps for itself.
 *
 * @example
 * ```ts
 * import { Plan, PropertyLimits, TrackedEvent } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const limits = PropertyLimits.make({ stringCharacters: 40, marker: "_truncated", reserved: new Set(["time"]) })
 * const rules = PropertyLimits.rules({ rule: "acme", destination: "Acme", limitsOf: () => ({ limits }) })
 * const plan = Plan.describe(Plan.make(TrackedEvent.make("orderPlaced", { properties: { time: Schema.Date } })))
 * for (const { find, name } of rules) console.log(name, find(plan).map(({ key, what }) => `${key}: ${what}`))
 * // acme-limits []
 * // acme-reserved [ 'time: Acme or its sink uses the key "time" itself' ]
 * ```
 */
export const rules: (destination: planned.Destination) => ReadonlyArray<Rule> = planned.rules

/** Whether a text has more bytes of UTF-8 than this. */
export const exceeds: (text: string, bytes: number) => boolean = internal.exceeds

/** The start of a text that has at most this many bytes of UTF-8. It never ends within a code point. */
export const shorten: (text: string, bytes: number) => string = internal.shorten

/** The first ten names, each shortened to this many bytes, and how many more there are. */
export const listed: (names: ReadonlyArray<string>, bytes: number) => string = internal.listed
