/** Finds the entities of events by the beginnings of their keys. */
import { isKey } from "./names.ts"
import type { Event, Key } from "./model.ts"

/** An entity with its attributes: keys without its name. */
export interface Entity {
  readonly name: string
  /** The attribute that identifies it. */
  readonly key: string
  readonly attributes: ReadonlyArray<Key>
}

/** An event whose keys are those of entities, and its own. */
export interface Composed {
  readonly event: Event
  readonly entities: ReadonlyArray<Entity>
  readonly properties: ReadonlyArray<Key>
}

export interface Found {
  readonly entities: ReadonlyArray<Entity>
  readonly events: ReadonlyArray<Composed>
  /** Events with some keys of an entity, but not its attributes. */
  readonly apart: ReadonlyArray<{ readonly event: string; readonly entity: string }>
}

const ids = ["id", "ID", "Id", "uuid"]

interface Group {
  readonly entity: Entity
  /** What two events must agree about. */
  readonly signature: string
}

const split = (key: string): readonly [prefix: string, attribute: string] | undefined => {
  const end = key.indexOf("_")
  const [prefix, attribute] = [key.slice(0, end), key.slice(end + 1)]
  return end > 0 && isKey(prefix) && isKey(attribute) ? [prefix, attribute] : undefined
}

/** An entity has an id. A prefix in lower case could be a word of a name, so that it needs another attribute. */
const entityOf = (name: string, attributes: ReadonlyArray<Key>): Entity | undefined => {
  const key = ids.find((id) =>
    attributes.some(
      ({ key, optional, type }) =>
        key === id && !optional && ["String", "Integer", "Number"].includes(type._tag) && !("nullable" in type)
    )
  )
  return key !== undefined && (attributes.length > 1 || /^[A-Z]/.test(name)) ? { name, key, attributes } : undefined
}

const signatureOf = ({ attributes, key }: Entity): string =>
  JSON.stringify([
    key,
    attributes
      .map(({ annotations, key, optional, personal, type }) => [key, type, optional, personal, annotations])
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
  ])

const groupsOf = ({ keys }: Event): ReadonlyMap<string, Group> => {
  const byPrefix = new Map<string, Array<Key>>()
  for (const key of keys) {
    const [prefix, attribute] = split(key.key) ?? []
    if (prefix === undefined || attribute === undefined) continue
    const own = byPrefix.get(prefix) ?? []
    byPrefix.set(prefix, own)
    own.push({ ...key, key: attribute })
  }
  const groups = new Map<string, Group>()
  for (const [prefix, attributes] of byPrefix) {
    const entity = entityOf(prefix, attributes)
    if (entity !== undefined) groups.set(prefix, { entity, signature: signatureOf(entity) })
  }
  return groups
}

/** The group that most events have, or of two the one with more attributes. */
const mostUsed = (groups: ReadonlyArray<Group>): Group => {
  const same = [...Map.groupBy(groups, ({ signature }) => signature).values()]
  const [[first]] = same.toSorted(
    (a, b) => b.length - a.length || b[0]!.entity.attributes.length - a[0]!.entity.attributes.length
  ) as [[Group]]
  return first
}

/**
 * The entities of some events: keys with one prefix, of which one is an id, are an entity's attributes. Events share an entity if they agree about
 * all of its attributes; in others, its keys stay properties.
 */
export const entitiesOf = (events: ReadonlyArray<Event>): Found => {
  const inEvents = events.map(groupsOf)
  const byName = Map.groupBy(
    inEvents.flatMap((groups) => [...groups.values()]),
    ({ entity }) => entity.name
  )
  const chosen = new Map(Array.from(byName, ([name, groups]) => [name, mostUsed(groups)]))
  const apart: Array<Found["apart"][number]> = []
  const composed = events.map((event, index): Composed => {
    const own = [...inEvents[index]!.values()].filter(
      ({ entity, signature }) => chosen.get(entity.name)!.signature === signature
    )
    const keys = new Set(own.flatMap(({ entity }) => entity.attributes.map(({ key }) => `${entity.name}_${key}`)))
    const others = new Set(event.keys.filter(({ key }) => !keys.has(key)).map(({ key }) => split(key)?.[0]))
    for (const entity of chosen.keys()) if (others.has(entity)) apart.push({ event: event.name, entity })
    return {
      event,
      entities: own.map(({ entity }) => chosen.get(entity.name)!.entity),
      properties: event.keys.filter(({ key }) => !keys.has(key))
    }
  })
  return {
    entities: Array.from(chosen.values(), ({ entity }) => entity),
    events: composed,
    apart
  }
}
