import type * as Description from "../../Description.ts"
import * as Plan from "../../Plan.ts"
import { type Finding, type Rule, type Subject, subjectsOf } from "../../PlanSupport.ts"
import { keysOf, rowsIn } from "../event/description.ts"
import { isLong, listed, type PropertyLimits, shorten } from "./propertyLimits.ts"

/** The depth of a list or object of these values. */
const around = (values: ReadonlyArray<{ readonly type: Description.JsonType }>): number =>
  1 + values.reduce((most, { type }) => Math.max(most, depthOf(type)), 0)

/** The least depth of a value of a type, if the value is present and its lists are not empty. */
const depthOf = (type: Description.JsonType): number => {
  if ("nullable" in type && type.nullable === true) return 0
  switch (type._tag) {
    case "Array":
      return around([{ type: type.items }])
    case "Tuple":
      return around(type.items)
    case "Object":
      return around(type.rest === undefined ? type.properties : [...type.properties, { type: type.rest }])
    case "Record":
      return around(keysOf(type.nodes))
    case "Union":
      return Math.min(...type.types.map(depthOf))
    default:
      // The depth of a recursive type depends on its values, which are not known yet.
      return 0
  }
}

/** The keys of lists of rows that may be longer than the destination accepts. */
const longLists = (keys: ReadonlyArray<Description.Key>, elements: number): ReadonlyArray<string> =>
  keys.flatMap(({ key, type }) => {
    const rows = rowsIn({ type })
    if (rows.length === 0) return []
    const nested = longLists(keysOf(rows), elements).map((inner) => `${key}.${inner}`)
    const isLong = type._tag === "Array" && type.maxItems !== undefined && type.maxItems > elements
    return isLong ? [key, ...nested] : nested
  })

/** The parts of some keys and their subject's name that can never fit. */
interface Faults {
  readonly isLongName: boolean
  /** The keys for which there is no room. */
  readonly beyond: ReadonlyArray<string>
  readonly long: ReadonlyArray<string>
  readonly reserved: ReadonlyArray<string>
  readonly deep: ReadonlyArray<string>
  readonly lists: ReadonlyArray<string>
}

/** Looks for faults, for this number of other properties and these keys that need room. */
const faultsIn = (
  { keys, name }: { readonly name: string; readonly keys: ReadonlyArray<Description.Key> },
  limits: PropertyLimits,
  others: number,
  counted: ReadonlyArray<Description.Key>
): Faults => {
  const names = keys.map(({ key }) => key)
  const room = limits.properties - others
  return {
    isLongName: isLong(name, limits),
    beyond: counted.length > room ? names.slice(room) : [],
    long: names.filter((key) => isLong(key, limits)),
    reserved: names.filter((key) => limits.reserved.has(key)),
    deep: keys.filter(({ type }) => depthOf(type) > limits.depth).map(({ key }) => key),
    lists: longLists(keys, limits.elements)
  }
}

const longestOf = ({
  stringBytes,
  stringCharacters
}: Pick<PropertyLimits, "stringBytes" | "stringCharacters">): string =>
  stringCharacters === undefined ? `${stringBytes} bytes` : `${stringCharacters} characters`

/** The parts of an event's definition that can never fit, for this number of other properties. */
const faultsOf = (event: Description.Event, limits: PropertyLimits, others: number): ReadonlyArray<string> => {
  const { depth, elements, properties, stringBytes } = limits
  const keys = keysOf(event.nodes)
  const required = keys.filter(({ optional }) => !optional)
  const found = faultsIn({ name: event.name, keys }, limits, others, required)
  const faults: ReadonlyArray<readonly [keys: ReadonlyArray<string>, why: string]> = [
    [found.long, `which have more than ${longestOf(limits)}`],
    [found.reserved, "which the destination or its sink uses itself"],
    [found.deep, `which are nested deeper than ${depth} levels`],
    [found.lists, `which are lists of more than ${elements} elements`]
  ]
  return [
    ...(found.isLongName ? [`a name of more than ${longestOf(limits)}`] : []),
    ...(found.beyond.length > 0
      ? [`${required.length} keys, of which only ${properties - others} fit: ${listed(found.beyond, stringBytes)}`]
      : []),
    ...faults.filter(([wrong]) => wrong.length > 0).map(([wrong, why]) => `${listed(wrong, stringBytes)}, ${why}`)
  ]
}

export const reasonAgainstPlan = (
  plan: Plan.Plan,
  destination: string,
  limits: PropertyLimits,
  others = 0
): string | undefined => {
  const wrong = Plan.describe(plan).events.flatMap((event) => {
    const faults = faultsOf(event, limits, others)
    return faults.length === 0 ? [] : [`${shorten(event.name, limits.stringBytes)} has ${faults.join("; and ")}`]
  })
  return wrong.length === 0 ? undefined : `${destination} cannot take these planned events: ${wrong.join(". ")}`
}

export const reasonAgainstNames = (
  plan: Plan.Plan | undefined,
  destination: string,
  reasonAgainst: (name: string) => string | undefined
): string | undefined => {
  const reasons = Object.keys(plan?.events ?? {}).flatMap((name) => {
    const reason = reasonAgainst(name)
    return reason === undefined ? [] : [`${listed([name], 200)} (${reason})`]
  })
  return reasons.length === 0 ? undefined : `${destination} cannot take these planned events: ${reasons.join("; ")}`
}

/** The limits of a record: of its properties, with the number of others that the sink adds, and of its name, if that has another. */
export interface Limits {
  readonly limits: PropertyLimits
  readonly others?: number
  readonly nameBytes?: number
}

/** What `rules` needs to know of a destination. */
export interface Destination {
  /** Begins the names of the rules: `mixpanel`. */
  readonly rule: string
  /** The destination's name, for people. */
  readonly destination: string
  /** The limits of an event, or of a call. */
  readonly limitsOf: (subject: Subject) => Limits
  /** Why the destination reserves the name of an event, as a sentence without its end. */
  readonly reasonAgainstEvent?: (name: string) => string | undefined
  /** Why the destination reserves a key, besides those that the limits reserve. */
  readonly reasonAgainstKey?: (key: string, subject: Subject) => string | undefined
}

const renamed = "give it another name"

const limitFindings = (subject: Subject, { destination, limitsOf }: Destination): ReadonlyArray<Finding> => {
  const { limits, nameBytes, others = 0 } = limitsOf(subject)
  const { beyond, deep, lists, long } = faultsIn(subject, limits, others, subject.keys)
  const event = subject.name
  const ofNames = nameBytes === undefined ? limits : { ...limits, stringBytes: nameBytes }
  const room = limits.properties - others
  const of = (keys: ReadonlyArray<string>, what: string, remedy: string): ReadonlyArray<Finding> =>
    // The key of a list inside a list begins with that of the outer one.
    keys.map((key) => ({ event, key: key.split(".")[0]!, what, remedy }))
  return [
    ...(isLong(event, ofNames) && subject.kind === "event"
      ? [{ event, what: `its name has more than the ${longestOf(ofNames)} that ${destination} takes`, remedy: renamed }]
      : []),
    ...(beyond.length > 0
      ? [
          {
            event,
            what: `it has ${subject.keys.length} keys, and ${destination} takes ${room}`,
            remedy: "select fewer attributes, or put some into an object"
          }
        ]
      : []),
    ...of(long, `the key has more than the ${longestOf(limits)} that ${destination} takes`, renamed),
    ...of(
      deep,
      `its lists and objects are nested deeper than the ${limits.depth} levels that ${destination} takes`,
      "make attributes of what is inside"
    ),
    ...of(
      lists,
      `it can have more than the ${limits.elements} elements that ${destination} takes`,
      `lower its maximum to ${limits.elements}`
    )
  ]
}

const reservedFindings = (subject: Subject, of: Destination): ReadonlyArray<Finding> => {
  const { reserved } = of.limitsOf(subject).limits
  const event = subject.name
  const wrong = subject.kind === "event" ? of.reasonAgainstEvent?.(event) : undefined
  return [
    ...(wrong === undefined ? [] : [{ event, what: wrong, remedy: renamed }]),
    ...subject.keys.flatMap(({ key }) => {
      const what = reserved.has(key)
        ? `${of.destination} or its sink uses the key ${JSON.stringify(key)} itself`
        : of.reasonAgainstKey?.(key, subject)
      return what === undefined ? [] : [{ event, key, what, remedy: renamed }]
    })
  ]
}

export const rules = (of: Destination): ReadonlyArray<Rule> => [
  { name: `${of.rule}-limits`, find: (plan) => subjectsOf(plan).flatMap((subject) => limitFindings(subject, of)) },
  { name: `${of.rule}-reserved`, find: (plan) => subjectsOf(plan).flatMap((subject) => reservedFindings(subject, of)) }
]
