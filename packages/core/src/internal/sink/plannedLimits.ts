import type * as Description from "../../Description.ts"
import * as Plan from "../../Plan.ts"
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

/** The parts of an event's definition that can never fit, for this number of other properties. */
const faultsOf = (event: Description.Event, limits: PropertyLimits, others: number): ReadonlyArray<string> => {
  const { depth, elements, reserved, stringBytes, stringCharacters } = limits
  const longest = stringCharacters === undefined ? `${stringBytes} bytes` : `${stringCharacters} characters`
  const keys = keysOf(event.nodes)
  const names = keys.map(({ key }) => key)
  const required = keys.filter(({ optional }) => !optional).length
  const room = limits.properties - others
  const faults: ReadonlyArray<readonly [keys: ReadonlyArray<string>, why: string]> = [
    [names.filter((key) => reserved.has(key)), "which the destination or its sink uses itself"],
    [
      keys.filter(({ type }) => depthOf(type) > depth).map(({ key }) => key),
      `which are nested deeper than ${depth} levels`
    ],
    [longLists(keys, elements), `which are lists of more than ${elements} elements`]
  ]
  return [
    ...(isLong(event.name, limits) ? [`a name of more than ${longest}`] : []),
    ...(required > room
      ? [`${required} keys, of which only ${room} fit: ${listed(names.slice(room), stringBytes)}`]
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
