import { type Description, Plan } from "@trackmap/core"
import * as fitting from "./fitting.ts"
import * as limits from "./limits.ts"

/** `time`, `distinct_id`, `$insert_id` and `ip` come with every event. */
const always = 4

const keysOf = (nodes: ReadonlyArray<Description.Node>): ReadonlyArray<Description.Key> =>
  nodes.flatMap(({ keys }) => keys)

/** How deep what holds some values is nested. */
const around = (values: ReadonlyArray<{ readonly type: Description.JsonType }>): number =>
  1 + values.reduce((most, { type }) => Math.max(most, depthOf(type)), 0)

/** How deep a value of a type is nested at the least, where it is there and its lists are not empty. */
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
      // A type within itself is as deep as its values are, and those are not known yet.
      return 0
  }
}

/** The keys of lists of rows that may be longer than Mixpanel takes. */
const longLists = (keys: ReadonlyArray<Description.Key>): ReadonlyArray<string> =>
  keys.flatMap(({ key, type }) => {
    const row = type._tag === "Array" ? type.items : type
    if (row._tag !== "Record") return []
    const nested = longLists(keysOf(row.nodes)).map((inner) => `${key}.${inner}`)
    const isLong = type._tag === "Array" && type.maxItems !== undefined && type.maxItems > limits.event.elements
    return isLong ? [key, ...nested] : nested
  })

/** What of an event's definition Mixpanel would never take as it is. */
const faultsOf = (event: Description.Event): ReadonlyArray<string> => {
  const keys = keysOf(event.nodes)
  const names = keys.map(({ key }) => key)
  const required = keys.filter(({ optional }) => !optional).length
  const room = limits.event.properties - always
  const faults: ReadonlyArray<readonly [keys: ReadonlyArray<string>, why: string]> = [
    [names.filter((key) => limits.event.reserved.has(key)), "which Mixpanel or this sink has a use of its own for"],
    [
      keys.filter(({ type }) => depthOf(type) > limits.depth).map(({ key }) => key),
      `which are nested deeper than ${limits.depth} levels`
    ],
    [longLists(keys), `which are lists of more than ${limits.event.elements} elements`]
  ]
  return [
    ...(fitting.isLong(event.name) ? [`a name of more than ${limits.stringBytes} bytes`] : []),
    ...(required > room ? [`${required} keys, where ${room} have room: ${fitting.listed(names.slice(room))}`] : []),
    ...faults.filter(([wrong]) => wrong.length > 0).map(([wrong, why]) => `${fitting.listed(wrong)}, ${why}`)
  ]
}

/** Which events of a plan could never arrive whole, and why, or undefined where all can. */
export const reasonAgainst = (plan: Plan.Plan): string | undefined => {
  const wrong = Plan.describe(plan).events.flatMap((event) => {
    const faults = faultsOf(event)
    return faults.length === 0 ? [] : [`${fitting.shorten(event.name)} has ${faults.join("; and ")}`]
  })
  return wrong.length === 0 ? undefined : `Mixpanel cannot take these events as they are planned: ${wrong.join(". ")}`
}
