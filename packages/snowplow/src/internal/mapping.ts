import type * as Description from "@trackmap/core/Description"
import * as SendError from "@trackmap/core/SendError"
import { entityName, eventName, fixed, isName, type Naming, problemsOf, uriOf } from "./naming.ts"

/** Where a value goes: to an attribute of the event or of an entity, or to the entities of its rows. */
type Place = { readonly target: number; readonly start: string } | { readonly rows: Shape }

/** Where the values of a record go. The first target is the event itself, and the others are entities. */
export interface Shape {
  readonly places: ReadonlyMap<string, Place>
  /** The start of each target's JSON. */
  readonly starts: ReadonlyArray<string>
}

/** An attribute of a schema. */
export type Attribute = Pick<Description.Key, "type" | "optional" | "personal">

/** What a schema describes. */
export interface Described {
  readonly owner: string
  readonly attributes: ReadonlyMap<string, Attribute>
}

/** A plan as Snowplow sees it. */
export interface Mapping {
  readonly events: ReadonlyMap<string, Shape>
  /** By name. */
  readonly schemas: ReadonlyMap<string, Described>
}

type Attributes = ReadonlyArray<readonly [name: string, attribute: Attribute]>

/** The nodes of the records in a key's value. */
const rowsIn = ({ type }: Attribute): ReadonlyArray<Description.Node> => {
  const item = type._tag === "Array" ? type.items : type
  return item._tag === "Record" ? item.nodes : []
}

const start = (uri: string): string => `{"schema":${JSON.stringify(uri)},"data":{`

const loose = (attribute: Attribute): Attribute => ({ ...attribute, optional: true })

/** An attribute of two occurrences of an entity. */
const joined = (one: Attribute, other: Attribute): Attribute => ({
  type:
    JSON.stringify(one.type) === JSON.stringify(other.type)
      ? one.type
      : { _tag: "Union", types: [one.type, other.type] },
  optional: one.optional || other.optional,
  personal: one.personal || other.personal
})

/** Collects the schemas of a plan. */
class Schemas {
  readonly byName = new Map<string, Described>()
  readonly problems: Array<string>

  constructor(problems: ReadonlyArray<string>) {
    this.problems = [...problems]
  }

  /** Events may omit parts of an entity, so an attribute is required only if all of them have it. */
  add(name: string, owner: string, attributes: Attributes, option?: string): void {
    const known = this.byName.get(name)
    if (known !== undefined && known.owner !== owner) {
      const remedy = option === undefined ? "" : `: give one of them another name, with the option events or entities`
      this.problems.push(`${known.owner} and ${owner} have the same schema name ${JSON.stringify(name)}${remedy}`)
    }
    if (known === undefined && !isName(name)) {
      this.problems.push(
        `the schema name ${JSON.stringify(name)} of ${owner} has other characters than letters, digits, dashes and underscores: give it another, with the option ${option}`
      )
    }
    const merged = new Map(known?.attributes)
    const own = new Map(attributes)
    for (const [key, attribute] of merged) if (!own.has(key)) merged.set(key, loose(attribute))
    for (const [key, attribute] of own) {
      const before = merged.get(key)
      const isNew = before === undefined && known !== undefined
      merged.set(key, before === undefined ? (isNew ? loose(attribute) : attribute) : joined(before, attribute))
    }
    this.byName.set(name, { owner, attributes: merged })
  }
}

const ownerOf = ({ entity, prefix }: Description.Node): string =>
  entity === prefix ? `the entity ${entity}` : `the entity ${entity} under the prefix ${prefix}`

/**
 * The shape of a record with these nodes. An aggregate that is no record goes to `own`, or, inside a row, to the entity that has the
 * relation.
 */
const shapeOf = (
  nodes: ReadonlyArray<Description.Node>,
  naming: Naming,
  schemas: Schemas,
  own: Array<[string, Attribute]> | undefined
): Shape => {
  const places = new Map<string, Place>()
  const starts = [""]
  const entities = new Map<
    string,
    { readonly node: Description.Node; readonly attributes: Array<[string, Attribute]> }
  >()
  const targets = new Map<string, number>()
  const put = (key: Description.Key, target: number, to: string, attributes: Array<[string, Attribute]>): void => {
    places.set(key.key, { target, start: `${JSON.stringify(to)}:` })
    attributes.push([to, key])
  }
  for (const node of nodes) {
    if (node.to === "one" && node.prefix !== undefined) {
      const target = starts.push(start(uriOf(naming, entityName(naming, node.prefix)))) - 1
      const attributes: Array<[string, Attribute]> = []
      entities.set(node.path, { node, attributes })
      targets.set(node.path, target)
      for (const key of node.keys) put(key, target, key.attribute, attributes)
    } else {
      for (const key of node.keys) {
        const rows = rowsIn(key)
        if (rows.length > 0) places.set(key.key, { rows: shapeOf(rows, naming, schemas, undefined) })
        else if (own !== undefined) put(key, 0, key.key, own)
        else {
          const parent = node.parent!
          put(key, targets.get(parent)!, key.key.slice(node.prefix!.length + 1), entities.get(parent)!.attributes)
        }
      }
    }
  }
  for (const { attributes, node } of entities.values()) {
    schemas.add(entityName(naming, node.prefix!), ownerOf(node), attributes, "entities")
  }
  return { places, starts }
}

const required = (type: Description.JsonType): Attribute => ({ type, optional: false, personal: false })
const text: Description.JsonType = { _tag: "String" }

const declared = (plan: Description.Plan | undefined, call: string): Attribute => {
  const keys = plan?.calls?.find((one) => one.call === call)?.keys ?? []
  const properties = keys.map(({ key, optional, personal, type }) => ({
    name: key,
    type,
    // A call may leave out traits.
    optional: optional || call === "identify" || call === "group",
    personal
  }))
  return required({ _tag: "Object", properties, rest: { _tag: "Json" } })
}

const addCalls = (plan: Description.Plan | undefined, schemas: Schemas): void => {
  const view: Attributes = [
    ["name", loose(required(text))],
    ["category", loose(required(text))]
  ]
  schemas.add(fixed.identify, "identify calls", [["traits", declared(plan, "identify")]])
  schemas.add(fixed.group, "group calls", [
    ["groupId", required(text)],
    ["traits", declared(plan, "group")]
  ])
  schemas.add(fixed.alias, "alias calls", [["previousId", required(text)]])
  schemas.add(fixed.page, "page calls", [...view, ["properties", declared(plan, "page")]])
  schemas.add(fixed.screen, "screen calls", [...view, ["properties", declared(plan, "screen")]])
  schemas.add(fixed.unplanned, "events outside the plan", [
    ["event", required(text)],
    ["properties", declared(undefined, "")]
  ])
}

const unknown = (option: string, given: object | undefined, known: (name: string) => boolean): ReadonlyArray<string> =>
  Object.keys(given ?? {})
    .filter((name) => !known(name))
    .map((name) => `the option ${option} names ${JSON.stringify(name)}, which the plan does not have`)

/** Maps a plan. Throws `Misconfigured`, which lists every problem of the names. */
export const make = (plan: Description.Plan | undefined, naming: Naming): Mapping => {
  const schemas = new Schemas(problemsOf(naming))
  addCalls(plan, schemas)
  const events = new Map<string, Shape>()
  const prefixes = new Set<string>()
  const walk = (nodes: ReadonlyArray<Description.Node>): void => {
    for (const { keys, prefix } of nodes) {
      if (prefix !== undefined) prefixes.add(prefix)
      for (const key of keys) walk(rowsIn(key))
    }
  }
  for (const { name, nodes } of plan?.events ?? []) {
    walk(nodes)
    const own: Array<[string, Attribute]> = []
    const schema = eventName(naming, name)
    const { places, starts } = shapeOf(nodes, naming, schemas, own)
    schemas.add(schema, `the event ${name}`, own, "events")
    events.set(name, { places, starts: [start(uriOf(naming, schema)), ...starts.slice(1)] })
  }
  const problems = [
    ...schemas.problems,
    ...unknown("events", naming.events, (name) => events.has(name)),
    ...unknown("entities", naming.entities, (name) => prefixes.has(name)),
    ...unknown("versions", naming.versions, (name) => schemas.byName.has(name))
  ]
  if (problems.length > 0) throw new SendError.Misconfigured({ reason: problems.join("; ") })
  return { events, schemas: schemas.byName }
}
