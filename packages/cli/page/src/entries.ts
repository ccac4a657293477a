/** What can be found, and where each answer leads. */
import type { Column, Notes, Site, Subject } from "../../src/internal/catalog/site/model.ts"
import type { Key, Plan } from "./plan.ts"
import type { Entry, Trait } from "./search.ts"

type Entity = Site["entities"][number]

/** What was found. */
export type Target =
  | { readonly what: "key"; readonly key: Key }
  | { readonly what: "subject"; readonly subject: Subject }
  | { readonly what: "entity"; readonly entity: Entity }
  | { readonly what: "gone"; readonly name: string; readonly of: Subject | undefined; readonly commit: number }

export interface Findable {
  readonly entry: Entry
  readonly target: Target
}

/** More events than these say nothing of a key. */
const mostFar = 40

const labelsOf = ({ owner, tags = [] }: Notes): ReadonlyArray<string> => (owner === undefined ? tags : [owner, ...tags])

const textOf = ({ deprecated, description = "", examples = [] }: Notes): string =>
  [description, deprecated?.reason ?? "", deprecated?.replacedBy ?? "", ...examples.slice(0, 5)].join(" ")

const traitsOf = ({ attribute, kind, personal, type }: Column): ReadonlySet<Trait> => {
  const found = new Set<Trait>()
  if (personal) found.add("person")
  if (type.includes("date")) found.add("time")
  if (kind === "aggregate" && /^(count|sum)/.test(attribute)) found.add("count")
  return found
}

const entryOf = (notes: Notes, given: Pick<Entry, "what" | "name"> & Partial<Entry>): Entry => ({
  near: [],
  far: [],
  traits: new Set(),
  labels: labelsOf(notes),
  text: textOf(notes),
  isDeprecated: notes.deprecated !== undefined,
  ...given
})

const distinct = (all: Iterable<string | undefined>): ReadonlyArray<string> => [
  ...new Set([...all].filter((one) => one !== undefined))
]

const ofKey = (key: Key): Findable => {
  const { column, places } = key
  const events = distinct(places.map(({ subject }) => subject.name))
  const near = distinct([
    column.entity,
    ...places.flatMap(({ node }) => [node.loader, node.relation]),
    ...(column.reads ?? [])
  ])
  const far = events.length > mostFar ? [] : events
  return {
    entry: entryOf(column, { what: "key", name: key.name, near, far, traits: traitsOf(column) }),
    target: { what: "key", key }
  }
}

const ofSubject = (plan: Plan, subject: Subject): Findable => {
  const entities = distinct(plan.nodesOf(subject).map(({ entity }) => entity))
  const traits = new Set(plan.placesOf(subject).flatMap(({ column }) => (column.personal ? ["person" as const] : [])))
  const what = subject.kind === "event" ? "event" : "call"
  const text = subject.kind === "call" ? "call traits" : ""
  return {
    entry: { ...entryOf(subject, { what, name: subject.name, far: [...entities, text], traits }) },
    target: { what: "subject", subject }
  }
}

const ofEntity = (plan: Plan, entity: Entity): Findable => {
  const loaders = distinct(plan.site.nodes.filter((node) => node.entity === entity.name).map(({ loader }) => loader))
  const traits = new Set(entity.attributes.flatMap(({ personal }) => (personal ? ["person" as const] : [])))
  return {
    entry: entryOf(entity, { what: "entity", name: entity.name, near: loaders, traits }),
    target: { what: "entity", entity }
  }
}

const ofGone = ({ site }: Plan): ReadonlyArray<Findable> => {
  const found = new Map<string, Findable>()
  const add = (name: string, of: Subject | undefined, commit: number): void => {
    const entry = entryOf({}, { what: "gone", name, near: of === undefined ? [] : [of.name] })
    found.set(JSON.stringify([of?.kind, of?.name, name]), { entry, target: { what: "gone", name, of, commit } })
  }
  for (const [, name, commit] of site.history?.gone ?? []) add(name, undefined, commit)
  for (const subject of site.subjects) {
    for (const [commit, , key, what] of subject.changes ?? []) {
      if (key !== 0 && what === "it was removed") add(key, subject, commit)
    }
  }
  return [...found.values()]
}

/** All that can be found. */
export const findable = (plan: Plan): ReadonlyArray<Findable> => [
  ...plan.allKeys.map(ofKey),
  ...plan.site.subjects.filter(({ kind }) => kind !== "context").map((one) => ofSubject(plan, one)),
  ...plan.site.entities.map((one) => ofEntity(plan, one)),
  ...ofGone(plan)
]
