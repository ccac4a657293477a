/** The changes between two locks. */
import type { Lock, Subject } from "../lock/model.ts"
import { idOf } from "../lock/model.ts"
import { ofAnnotations } from "./annotations.ts"
import * as keys from "./keys.ts"
import type { Change } from "./model.ts"

type Said = keys.Said
type Place = Pick<Change, "kind" | "name" | "key">

const at = (place: Place, said: Said): Change => ({ ...place, ...said })

const listed = (values: ReadonlyArray<string> | undefined): string =>
  values === undefined || values.length === 0 ? "none" : values.toSorted().join(", ")

const became = (what: string, from: string, to: string): ReadonlyArray<Said> => {
  if (from === to) return []
  const said = `its ${what} changed from ${from} to ${to}`
  return [{ class: "minor", aspect: "delivery", what: said, warning: false, readers: true, history: true }]
}

const ofTracker = "the tracker's"

const ofHeader = ({ header: before }: Subject, { header: after }: Subject): ReadonlyArray<Said> => [
  ...became("purposes", listed(before.purposes), listed(after.purposes)),
  ...became("relations mode", before.relations ?? ofTracker, after.relations ?? ofTracker),
  ...became("validation mode", before.validation ?? ofTracker, after.validation ?? ofTracker),
  ...ofAnnotations(before, after)
]

/** The changes of one subject. */
export const ofSubject = (before: Subject, after: Subject): ReadonlyArray<Change> => {
  const place = { kind: after.kind, name: after.name }
  return [
    ...ofHeader(before, after).map((said) => at(place, said)),
    ...keys.between(before.keys, after.keys).map(([key, said]) => at({ ...place, key }, said))
  ]
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "")
const shapeOf = ({ keys }: Subject): string => JSON.stringify([...keys].map(([key, { from }]) => [key, from]).sort())

/** Whether one event is another by a new name: by its case or spelling, or by all of its keys. */
const isRenamed = (gone: Subject, come: Subject): boolean =>
  gone.kind === come.kind &&
  (plain(gone.name) === plain(come.name) || (gone.keys.size > 0 && ownless(gone) === ownless(come)))

/** The shape, without the event's own name in the paths of its properties. */
const ownless = (subject: Subject): string =>
  shapeOf(subject).replaceAll(JSON.stringify(`${subject.name}.properties.`).slice(1, -1), "")

const neither = { warning: false, readers: false, history: false } as const

const ofSubjects = (before: Lock, after: Lock): ReadonlyArray<Change> => {
  const come = [...after.subjects.values()].filter((subject) => !before.subjects.has(idOf(subject)))
  const changes: Array<Change> = []
  for (const subject of before.subjects.values()) {
    const { kind, name } = subject
    const now = after.subjects.get(idOf(subject))
    if (now !== undefined) {
      changes.push(...ofSubject(subject, now))
      continue
    }
    const found = come.findIndex((one) => isRenamed(subject, one))
    const [other] = found === -1 ? [] : come.splice(found, 1)
    const what = other === undefined ? "it was removed" : `it was renamed to ${JSON.stringify(other.name)}`
    changes.push({ kind, name, class: "major", aspect: "readers", what, ...neither, history: other === undefined })
    if (other !== undefined)
      changes.push(...ofSubject(subject, other).filter(({ what }) => !what.startsWith("it now comes")))
  }
  const added = { class: "minor", aspect: "readers", warning: false, readers: true, history: true } as const
  for (const { keys, kind, name } of come) {
    const personal = [...keys.values()].some((key) => key.personal === true) ? ", with personal data" : ""
    changes.push({ kind, name, ...added, what: `it was added${personal}` })
  }
  return changes
}

const ofEntities = (before: Lock, after: Lock): ReadonlyArray<Change> => {
  const changes: Array<Change> = []
  for (const [name, entity] of after.entities) {
    const known = before.entities.get(name)
    if (known === undefined) continue
    const place = { kind: "entity", name } as const
    if (known.key !== entity.key) {
      const what = `it is now identified by ${entity.key} instead of ${known.key}`
      changes.push({ ...place, class: "minor", aspect: "meaning", what, warning: false, readers: true, history: true })
    }
    changes.push(...ofAnnotations(known, entity).map((said) => at(place, said)))
  }
  for (const [name, relation] of after.relations) {
    const known = before.relations.get(name)
    if (known === undefined) continue
    changes.push(...ofAnnotations(known, relation).map((said) => at({ kind: "relation", name }, said)))
  }
  return changes
}

const order = { major: 0, minor: 1, patch: 2 } as const

/** The changes from one lock to another: the greatest first, and then by name. */
export const between = (before: Lock, after: Lock): ReadonlyArray<Change> =>
  [...ofSubjects(before, after), ...ofEntities(before, after)].sort(
    (a, b) =>
      order[a.class] - order[b.class] ||
      compare(a.kind, b.kind) ||
      compare(a.name, b.name) ||
      compare(a.key ?? "", b.key ?? "")
  )

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
