import type * as Description from "@trackmap/core/Description"
import * as PlainType from "@trackmap/core/PlainType"
import { areTraits, type Format, type Loss, lost, lostContext, subjectsOf } from "@trackmap/core/PlanSupport"
import { names } from "../names.ts"

/** A property of a group (PostHog/posthog, `schema_property_group.py`). */
interface Property {
  readonly name: string
  readonly property_type: "DateTime" | "String" | "Numeric" | "Boolean" | "Object"
  readonly is_required: boolean
  readonly description: string
}

interface Group {
  readonly name: string
  readonly description: string
  readonly properties: ReadonlyArray<Property>
}

interface Event {
  readonly event: string
  readonly description?: string
  readonly tags?: ReadonlyArray<string>
  readonly property_groups: ReadonlyArray<string>
}

/** Keys that form a group, of an event. */
interface Part {
  readonly event: string
  readonly name: string
  readonly description: string | undefined
  readonly keys: ReadonlyArray<Description.Key>
}

/** Characters of a group's name and of a property's, and the names that a property can have. */
const characters = 400
const isName = (key: string): boolean => /^[a-zA-Z_]\w*$/.test(key) && key.length <= characters

/** Two of these, and a number, are a name. */
const shortened = (text: string): string => text.slice(0, characters / 2 - 10).replace(/[\uD800-\uDBFF]$/, "")

const types = {
  string: "String",
  number: "Numeric",
  integer: "Numeric",
  boolean: "Boolean",
  object: "Object",
  array: "Object"
} as const

const typeOf = (type: Description.JsonType): Property["property_type"] | undefined => {
  const { name } = PlainType.of(type)
  if (type._tag === "String" && type.format === "date-time") return "DateTime"
  return name === undefined || name === "null" ? undefined : types[name]
}

/** A property, or undefined if no group can have it. A value that can be null is not required. */
const propertyOf = ({ description = "", key, optional, type }: Description.Key): Property | undefined => {
  const property_type = typeOf(type)
  const isNull = PlainType.of(type).parts.includes("null")
  return property_type === undefined || !isName(key)
    ? undefined
    : { name: key, property_type, is_required: !optional && !isNull, description }
}

const lossesOf = (event: string, key: Description.Key): ReadonlyArray<Loss> => {
  const of = { name: event, key: key.key }
  if (propertyOf(key) === undefined) {
    const why = isName(key.key) ? "which can have several types" : "since PostHog takes letters, digits and underscores"
    return [{ ...of, what: `the property, ${why}` }]
  }
  const isTime = typeOf(key.type) === "DateTime"
  return PlainType.losses(of, key.type, isTime ? ["format"] : []).concat(
    lost(of, key, ["owner", "tags", "since", "deprecated", "examples"])
  )
}

/** The parts of an event: its own properties, and each entity under its prefix. */
const partsOf = ({ name: event, nodes }: Description.Event, { entities }: Description.Plan): ReadonlyArray<Part> =>
  nodes
    .map(({ entity, keys, prefix }): Part => {
      const description = prefix === undefined ? undefined : entities.find(({ name }) => name === entity)?.description
      return { event, name: prefix ?? `${event} properties`, description, keys }
    })
    .filter(({ keys }) => keys.length > 0)

/** The groups of a plan. Events that have the same keys of an entity share a group; others have their own, with the name of the first. */
class Groups {
  readonly all = new Map<string, Group>()
  private readonly bySame = new Map<string, string>()

  /** Adds the group of a part, and returns its name. Undefined if it has no properties. */
  add({ description = "", event, keys, name }: Part): string | undefined {
    const properties = keys.flatMap((key) => propertyOf(key) ?? [])
    if (properties.length === 0) return undefined
    const same = JSON.stringify([name, properties])
    const found = this.bySame.get(same) ?? this.free(name, event)
    this.bySame.set(same, found)
    this.all.set(found, { name: found, description, properties })
    return found
  }

  private free(name: string, event: string): string {
    let found = shortened(name)
    if (!this.all.has(found)) return found
    const start = `${found} (${shortened(event)}`
    found = `${start})`
    for (let count = 2; this.all.has(found); count++) found = `${start}, ${count})`
    return found
  }
}

const written = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** Property groups of entities and of events' own properties, and the events that have them. */
export const groups: Format = {
  name: "posthog",
  description: "PostHog: property groups, and the events that have them",
  write: (plan) => {
    const found = new Groups()
    const losses: Array<Loss> = [...lostContext(plan)]
    const events: Array<Event> = []
    const add = (event: string, parts: ReadonlyArray<Part>, { description, tags }: Description.Annotations): void => {
      const property_groups = parts.flatMap((part) => found.add(part) ?? [])
      events.push({ event, ...(description !== undefined && { description }), ...(tags && { tags }), property_groups })
      losses.push(...parts.flatMap(({ keys }) => keys.flatMap((key) => lossesOf(event, key))))
    }
    for (const event of plan.events) {
      losses.push(...lost({ name: event.name }, event, ["owner", "since", "deprecated", "examples"]))
      add(event.name, partsOf(event, plan), event)
    }
    for (const subject of subjectsOf(plan).filter(({ kind }) => kind === "call")) {
      const { keys, name: call } = subject
      if (areTraits(subject)) {
        losses.push({ name: call, what: `the traits of ${call} calls, since property groups belong to events` })
        continue
      }
      const name = names[call as "page" | "screen"]
      add(name, [{ event: name, name: `${name} properties`, description: undefined, keys }], {})
    }
    return {
      files: new Map([
        ["property-groups.json", written([...found.all.values()])],
        ["events.json", written(events)]
      ]),
      losses
    }
  }
}
