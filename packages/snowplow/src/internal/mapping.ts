import type * as Description from "@trackmap/core/Description"
import { fixed, isName, schemaName, uriOf } from "./naming.ts"
import type { Naming } from "./options.ts"

/** An event or an entity with its own schema. */
export interface Target {
  readonly option: "events" | "entities"
  /** The name of the event, or the prefix of the entity. */
  readonly key: string
  /** The name of the event, or of the entity. */
  readonly name: string
  /** What it is, for people. */
  readonly owner: string
  readonly schema: string
  readonly uri: string
  /** The attributes that it can have here. */
  readonly attributes: Map<string, Description.Key>
}

/** Where a value goes: to an attribute of a target, or to the entities of its rows. */
type Place = { readonly target: Target; readonly attribute: string } | { readonly rows: Shape }

/** Where the values of an event, or of a row in it, go. A row has no `event`. */
export interface Shape {
  readonly event: Target | undefined
  readonly places: ReadonlyMap<string, Place>
}

/** A plan as Snowplow sees it. */
export interface Mapping {
  readonly events: ReadonlyMap<string, Shape>
  /** What has the same schema, by its name. */
  readonly schemas: ReadonlyMap<string, ReadonlyArray<Target>>
  /** Why names are invalid. */
  readonly problems: ReadonlyArray<string | undefined>
}

const target = (
  option: "events" | "entities",
  key: string,
  owner: string,
  naming: Naming,
  name: string = key
): Target => {
  const schema = schemaName(option, key, naming)
  return { option, key, name, owner, schema, uri: uriOf(schema, naming), attributes: new Map() }
}

const entityOf = ({ entity, prefix = "" }: Description.Node, naming: Naming): Target => {
  const owner = entity === prefix ? `the entity ${entity}` : `the entity ${entity} under the prefix ${prefix}`
  return target("entities", prefix, owner, naming, entity)
}

/** The nodes of the records in a key's value. */
const rowsIn = ({ type }: Description.Key): ReadonlyArray<Description.Node> => {
  const item = type._tag === "Array" ? type.items : type
  return item._tag === "Record" ? item.nodes : []
}

/** The shape of an event, or, without one, of a row. It adds the targets to `all`. */
const shapeOf = (
  nodes: ReadonlyArray<Description.Node>,
  event: Target | undefined,
  naming: Naming,
  all: Array<Target>
): Shape => {
  const places = new Map<string, Place>()
  const entities = new Map<string, Target>()
  for (const node of nodes) {
    const { keys, parent = "", path, prefix = "", to } = node
    const isEntity = to === "one" && prefix !== ""
    if (isEntity) entities.set(path, entityOf(node, naming))
    // An aggregate that has no rows goes to the event, or, inside a row, to the entity that has the relation.
    const target = isEntity ? entities.get(path)! : (event ?? entities.get(parent)!)
    for (const one of keys) {
      const rows = rowsIn(one)
      const attribute = isEntity ? one.attribute : event ? one.key : one.key.slice(prefix.length + 1)
      if (rows.length === 0) target.attributes.set(attribute, one)
      places.set(one.key, rows.length === 0 ? { target, attribute } : { rows: shapeOf(rows, undefined, naming, all) })
    }
  }
  all.push(...entities.values(), ...(event ? [event] : []))
  return { event, places }
}

/** A target whose schema's name is invalid, and why. */
export interface Misnamed {
  readonly target: Target
  readonly what: string
  readonly remedy: string
}

/** What has an invalid schema name, or that of something else. */
export const misnamed = (schemas: Mapping["schemas"]): ReadonlyArray<Misnamed> =>
  Array.from(schemas).flatMap(([schema, [first, ...others]]): ReadonlyArray<Misnamed> => {
    const { option, owner } = first!
    if (!isName(schema)) {
      const what = `the schema name ${JSON.stringify(schema)} of ${owner} has other characters than letters, digits, dashes and underscores`
      return [{ target: first!, what, remedy: `give it another, with the option ${option}` }]
    }
    const other = others.find((one) => one.owner !== owner)
    if (other === undefined) return []
    const what = `${owner} and ${other.owner} have the same schema name ${JSON.stringify(schema)}`
    return [{ target: other, what, remedy: "give one of them another name, with the option events or entities" }]
  })

const problemsIn = ({ events, schemas }: Omit<Mapping, "problems">, naming: Naming): Mapping["problems"] => {
  const entities = [...schemas.values()].flat().filter(({ option }) => option === "entities")
  const unknown = (option: "events" | "entities" | "versions", isKnown: (name: string) => boolean) =>
    Object.keys(naming[option])
      .filter((name) => !isKnown(name))
      .map((name) => `the option ${option} names ${JSON.stringify(name)}, which the plan does not have`)
  return [
    ...misnamed(schemas).map(({ remedy, what }) => `${what}: ${remedy}`),
    ...unknown("events", (name) => events.has(name)),
    ...unknown("entities", (name) => entities.some(({ key }) => key === name)),
    ...unknown("versions", (name) => schemas.has(name))
  ]
}

/** Maps a plan. */
export const make = (plan: Description.Plan | undefined, naming: Naming): Mapping => {
  const unnamed = { ...naming, events: {} }
  const targets = Object.entries(fixed).map(([schema, owner]) => target("events", schema, owner, unnamed))
  const shapes = (plan?.events ?? []).map(({ name, nodes }) => {
    const event = target("events", name, `the event ${name}`, naming)
    return [name, shapeOf(nodes, event, naming, targets)] as const
  })
  const found = { events: new Map(shapes), schemas: Map.groupBy(targets, ({ schema }) => schema) }
  return { ...found, problems: problemsIn(found, naming) }
}
