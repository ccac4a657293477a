import { type Aggregate, type Entity, type Plan, TrackedEvent } from "@trackmap/core"
import * as SchemaAST from "effect/SchemaAST"
import * as fitting from "./fitting.ts"
import * as limits from "./limits.ts"

/** `time`, `distinct_id`, `$insert_id` and `ip` come with every event. */
const always = 4

/** How deep a value of a type is nested at the least, where it is there and its lists are not empty. */
const depthOf = (ast: SchemaAST.AST, above: ReadonlyArray<SchemaAST.AST> = []): number => {
  // A type within itself is as deep as its values are, and those are not known yet.
  if (above.includes(ast)) return 0
  const inner = [...above, ast]
  const deepest = (types: ReadonlyArray<SchemaAST.AST>): number =>
    1 + types.reduce((most, type) => Math.max(most, depthOf(type, inner)), 0)
  switch (ast._tag) {
    case "Arrays":
      return deepest([...ast.elements, ...ast.rest])
    case "Objects":
      return deepest([
        ...ast.propertySignatures.map(({ type }) => type),
        ...ast.indexSignatures.map(({ type }) => type)
      ])
    case "Union":
      return Math.min(...ast.types.map((type) => depthOf(type, inner)))
    default:
      return 0
  }
}

/** The keys of lists that may be longer than Mixpanel takes. */
const longLists = (entity: Entity.Any, prefix: string): ReadonlyArray<string> =>
  Object.entries(entity.relations).flatMap(([name, relation]) => {
    const target: Entity.Any = relation.target
    if (relation._tag === "One") return longLists(target, relation.prefix)
    const key = `${prefix}_${name}`
    const aggregates: ReadonlyArray<Aggregate.Aggregate> = relation.aggregates
    const lists = aggregates.filter((one) => one._tag === "List")
    const isLong = lists.some(({ max }) => max > limits.event.elements)
    // Of the other aggregates `first` alone has a row's own lists in it.
    const nests = lists.length > 0 || aggregates.some((one) => one._tag === "First")
    const nested = nests ? longLists(target, target.name).map((inner) => `${key}.${inner}`) : []
    return isLong ? [key].concat(nested) : nested
  })

/** What of an event's definition Mixpanel would never take as it is. */
const faultsOf = (event: TrackedEvent.Any): ReadonlyArray<string> => {
  const { propertySignatures: properties } = TrackedEvent.schema(event).ast as SchemaAST.Objects
  const required = properties.filter(({ type }) => !SchemaAST.isOptional(type)).length
  const keys = TrackedEvent.keys(event)
  const room = limits.event.properties - always
  const faults: ReadonlyArray<readonly [keys: ReadonlyArray<string>, why: string]> = [
    [keys.filter((key) => limits.event.reserved.has(key)), "which Mixpanel or this sink has a use of its own for"],
    [
      properties
        .filter(({ type }) => depthOf(SchemaAST.toEncoded(type)) > limits.depth)
        .map(({ name }) => String(name)),
      `which are nested deeper than ${limits.depth} levels`
    ],
    [
      Object.values(event.entities).flatMap((entity) => longLists(entity, entity.name)),
      `which are lists of more than ${limits.event.elements} elements`
    ]
  ]
  return [
    ...(fitting.isLong(event.name) ? [`a name of more than ${limits.stringBytes} bytes`] : []),
    ...(required > room ? [`${required} keys, where ${room} have room: ${fitting.listed(keys.slice(room))}`] : []),
    ...faults.filter(([wrong]) => wrong.length > 0).map(([wrong, why]) => `${fitting.listed(wrong)}, ${why}`)
  ]
}

/** Which events of a plan could never arrive whole, and why, or undefined where all can. */
export const reasonAgainst = (plan: Plan.Plan): string | undefined => {
  const wrong = Object.values(plan.events).flatMap((event) => {
    const faults = faultsOf(event)
    return faults.length === 0 ? [] : [`${fitting.shorten(event.name)} has ${faults.join("; and ")}`]
  })
  return wrong.length === 0 ? undefined : `Mixpanel cannot take these events as they are planned: ${wrong.join(". ")}`
}
