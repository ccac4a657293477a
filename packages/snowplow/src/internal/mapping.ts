import type * as Description from "@trackmap/core/Description"
import * as SendError from "@trackmap/core/SendError"
import { fixed, isName, type Naming, problemsOf, schemaName, uriOf } from "./naming.ts"

/** An event or an entity with its own schema. */
export interface Target {
  readonly option: "events" | "entities"
  /** The name of the event, or the prefix of the entity. */
  readonly key: string
  /** What it is, for people. */
  readonly owner: string
  readonly schema: string
  readonly uri: string
  /** The attributes that it can have here. */
  readonly attributes: Map<string, Description.Key>
}

/** Where a value goes: to an attribute of a target, or to the entities of its rows. */
type Place = { readonly target: Target; readonly attribute: string } | { readonly rows: Shape }

/** Where the values of an event, or of a row in it, go. */
export interface Shape {
  readonly places: ReadonlyMap<string, Place>
  /** An event comes first. */
  readonly targets: ReadonlyArray<Target>
}

/** A plan as Snowplow sees it. */
export interface Mapping {
  readonly events: ReadonlyMap<string, Shape>
  /** The targets of all events, and of the rows in them. */
  readonly targets: ReadonlyArray<Target>
}

const target = (option: "events" | "entities", key: string, owner: string, naming: Naming): Target => {
  const schema = schemaName(option, key, naming)
  return { option, key, owner, schema, uri: uriOf(schema, naming), attributes: new Map() }
}

const entityOf = ({ entity, prefix = "" }: Description.Node, naming: Naming): Target => {
  const owner = entity === prefix ? `the entity ${entity}` : `the entity ${entity} under the prefix ${prefix}`
  return target("entities", prefix, owner, naming)
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
    const { keys, parent = "", path, prefix, to } = node
    const isEntity = to === "one" && prefix !== undefined
    if (isEntity) entities.set(path, entityOf(node, naming))
    // An aggregate that has no rows goes to the event, or, inside a row, to the entity that has the relation.
    const target = isEntity ? entities.get(path)! : (event ?? entities.get(parent)!)
    for (const one of keys) {
      const rows = rowsIn(one)
      const attribute = isEntity ? one.attribute : event ? one.key : one.key.slice(prefix!.length + 1)
      if (rows.length === 0) target.attributes.set(attribute, one)
      places.set(one.key, rows.length === 0 ? { target, attribute } : { rows: shapeOf(rows, undefined, naming, all) })
    }
  }
  all.push(...entities.values(), ...(event ? [event] : []))
  return { places, targets: [...(event ? [event] : []), ...entities.values()] }
}

/** Why the names of schemas are invalid. */
const problemsIn = ({ events, targets }: Mapping, naming: Naming): ReadonlyArray<string> => {
  const problems: Array<string> = []
  const owners = new Map<string, string>(Object.entries(fixed))
  for (const { option, owner, schema } of targets) {
    const other = owners.get(schema) ?? owner
    owners.set(schema, owner)
    if (!isName(schema)) {
      problems.push(
        `the schema name ${JSON.stringify(schema)} of ${owner} has other characters than letters, digits, dashes and underscores: give it another, with the option ${option}`
      )
    }
    if (other !== owner) {
      problems.push(
        `${other} and ${owner} have the same schema name ${JSON.stringify(schema)}: give one of them another name, with the option events or entities`
      )
    }
  }
  const known = {
    events: new Set(events.keys()),
    entities: new Set(targets.map(({ key }) => key)),
    versions: new Set(owners.keys())
  }
  for (const option of ["events", "entities", "versions"] as const) {
    for (const name of Object.keys(naming[option] ?? {})) {
      if (known[option].has(name)) continue
      problems.push(`the option ${option} names ${JSON.stringify(name)}, which the plan does not have`)
    }
  }
  return [...problemsOf(naming), ...new Set(problems)]
}

/** Maps a plan. Throws `Misconfigured`, which lists every problem of the names. */
export const make = (plan: Description.Plan | undefined, naming: Naming): Mapping => {
  const targets: Array<Target> = []
  const shapes = (plan?.events ?? []).map(({ name, nodes }) => {
    const event = target("events", name, `the event ${name}`, naming)
    return [name, shapeOf(nodes, event, naming, targets)] as const
  })
  const mapping = { events: new Map(shapes), targets }
  const problems = problemsIn(mapping, naming)
  if (problems.length > 0) throw new SendError.Misconfigured({ reason: problems.join("; ") })
  return mapping
}
