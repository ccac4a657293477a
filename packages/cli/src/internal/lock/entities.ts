/** The entities of a lock, with their versions. */
import type * as Description from "@trackmap/core/Description"
import { ofSubject } from "../diff/between.ts"
import { greatest } from "../diff/model.ts"
import * as flat from "./flat.ts"
import type { Entity, Key, Lock, Subject } from "./model.ts"
import * as version from "./version.ts"

/** Where an entity's attribute is: a key of a subject, and the subject with the row around it, which may have others of the entity's keys. */
interface Occurrence {
  readonly place: string
  readonly prefix: string
  readonly key: Key
}

const lastOf = (path: string): string => path.slice(path.lastIndexOf(".") + 1)

/** The occurrences of each entity's attributes, by the key that they have in a row. */
const occurrencesIn = (
  subjects: Lock["subjects"]
): ReadonlyMap<string, ReadonlyMap<string, ReadonlyArray<Occurrence>>> => {
  const found = new Map<string, Map<string, Array<Occurrence>>>()
  for (const [id, { keys }] of subjects) {
    for (const [path, key] of keys) {
      const { aggregate, entity, from } = key
      if (entity === undefined || aggregate !== undefined) continue
      const name = lastOf(path)
      const prefix = name.slice(0, -lastOf(from).length - 1)
      const place = JSON.stringify([id, path.slice(0, -name.length)])
      const own = found.get(entity) ?? new Map<string, Array<Occurrence>>()
      found.set(entity, own)
      const all = own.get(name) ?? []
      own.set(name, all)
      all.push({ place, prefix, key })
    }
  }
  return found
}

/** An attribute in all of its occurrences. It is optional if any of them is, or if a row with others of the entity's keys does not have it. */
const merged = (entity: string, all: ReadonlyArray<Occurrence>, places: number): Key => {
  const types = new Map(all.map(({ key: { type } }) => [JSON.stringify(type), type]))
  const [type, ...others] = Array.from(types)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, type]) => type)
  const [{ key: first }] = all as readonly [Occurrence]
  return {
    at: 0,
    type: others.length === 0 ? type! : { _tag: "Union", types: [type!, ...others] },
    ...((all.length < places || all.some(({ key }) => key.optional === true)) && { optional: true }),
    ...(all.some(({ key }) => key.personal === true) && { personal: true }),
    from: `${entity}.${lastOf(first.from)}`,
    entity,
    ...flat.annotationsOf(first)
  }
}

/** The keys that entities have under each of their prefixes. */
const keysIn = (subjects: Lock["subjects"]): ReadonlyMap<string, Subject["keys"]> =>
  new Map(
    Array.from(occurrencesIn(subjects), ([name, own]) => {
      const places = new Map<string, Set<string>>()
      for (const { place, prefix } of [...own.values()].flat()) {
        places.set(prefix, (places.get(prefix) ?? new Set()).add(place))
      }
      const count = ([first]: ReadonlyArray<Occurrence>): number => places.get(first!.prefix)!.size
      return [name, new Map(Array.from(own, ([key, all]) => [key, merged(name, all, count(all))]))]
    })
  )

const empty: Subject["keys"] = new Map()

/** The entities of a plan, whose subjects are these. */
export const of = (
  entities: Description.Plan["entities"],
  subjects: Lock["subjects"],
  previous: Lock | undefined
): Lock["entities"] => {
  const [before, after] = [keysIn(previous?.subjects ?? new Map()), keysIn(subjects)]
  return new Map(
    entities.map((entity) => {
      const { key, name } = entity
      const annotations = flat.annotationsOf(entity)
      const known = previous?.entities.get(name)
      const asSubject = (keys: Subject["keys"] = empty, header: Description.Annotations): Subject => {
        return { kind: "event", name, header: { version: version.first, ...header }, keys }
      }
      const changes =
        known === undefined
          ? []
          : ofSubject(asSubject(before.get(name), flat.annotationsOf(known)), asSubject(after.get(name), annotations))
      const own: Entity = { key, version: version.next(known?.version ?? version.first, greatest(changes)) }
      return [name, { ...own, ...annotations }]
    })
  )
}
