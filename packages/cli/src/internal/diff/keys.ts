/** The changes of a subject's keys. */
import type { Key } from "../lock/model.ts"
import { of as bare } from "./bare.ts"
import { acceptsNull, covers } from "./covers.ts"
import { ofAnnotations } from "./annotations.ts"
import type { Change } from "./model.ts"
import { shown } from "./shown.ts"

/** A change without its place. */
export type Said = Omit<Change, "kind" | "name" | "key">

const both = { warning: false, readers: true, history: true } as const
const neither = { warning: false, readers: false, history: false } as const

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Whether a list of rows is cut earlier: rows that readers had are gone. */
const isCut = (before: Key, after: Key): boolean =>
  after.aggregate !== undefined &&
  before.type._tag === "Array" &&
  after.type._tag === "Array" &&
  (after.type.maxItems ?? Number.POSITIVE_INFINITY) < (before.type.maxItems ?? Number.POSITIVE_INFINITY)

const ofType = (before: Key, after: Key): ReadonlyArray<Said> => {
  const readers = covers(before.type, after.type)
  const history = covers(after.type, before.type)
  if (readers && history) return []
  const [from, to] = [shown(before.type), shown(after.type)]
  const what = from === to ? `the type inside ${to} changed` : `the type ${from} became ${to}`
  const said = { what, readers, history, warning: false }
  if (isCut(before, after)) return [{ ...said, class: "major", aspect: "readers" }]
  if (readers) return [{ ...said, class: "minor", aspect: "history" }]
  const isOnlyBounds = same(bare(before.type), bare(after.type)) && acceptsNull(before.type) === acceptsNull(after.type)
  return [{ ...said, class: isOnlyBounds ? "minor" : "major", aspect: "readers", warning: isOnlyBounds }]
}

const ofPresence = (before: Key, after: Key): ReadonlyArray<Said> => {
  if (before.optional === after.optional) return []
  return after.optional === true
    ? [{ class: "major", aspect: "readers", what: "it can be absent now", ...neither, history: true }]
    : [{ class: "minor", aspect: "history", what: "it is always present now", ...neither, readers: true }]
}

const ofPrivacy = (before: Key, after: Key): ReadonlyArray<Said> => {
  if (before.personal === after.personal) return []
  const what = after.personal === true ? "it is personal data now" : "it is no longer marked as personal data"
  return [{ class: "major", aspect: "privacy", what, ...both }]
}

const originOf = ({ aggregate, from }: Key): string => (aggregate === undefined ? from : `${aggregate} of ${from}`)

const meaning = (what: string): ReadonlyArray<Said> => [{ class: "minor", aspect: "meaning", what, ...both }]

const loaderOf = ({ loader }: Key): string => (loader === undefined ? "no loader" : `the loader ${loader}`)

const ofOrigin = (before: Key, after: Key): ReadonlyArray<Said> => {
  const [from, to] = [originOf(before), originOf(after)]
  if (from !== to) return meaning(`it now comes from ${to} instead of ${from}`)
  if (before.entity !== after.entity) {
    return meaning(`it now belongs to the entity ${after.entity ?? "none"} instead of ${before.entity ?? "none"}`)
  }
  if (before.loader !== after.loader) {
    return meaning(`it is now loaded by ${loaderOf(after)} instead of ${loaderOf(before)}`)
  }
  return same(before.reads, after.reads) ? [] : meaning("it reads other attributes of its rows")
}

/** The changes of a key that there was before. */
const ofKey = (before: Key, after: Key): ReadonlyArray<Said> => [
  ...ofType(before, after),
  ...ofPresence(before, after),
  ...ofPrivacy(before, after),
  ...ofOrigin(before, after),
  ...ofAnnotations(before, after)
]

const added = (key: Key): Said => {
  const personal = key.personal === true ? ", and is personal data" : ""
  const what = `it was added as ${shown(key.type)}${personal}`
  return key.optional === true
    ? { class: "minor", aspect: "readers", what, ...both }
    : { class: "minor", aspect: "history", what: `${what}, and is always present`, ...both, history: false }
}

const removed: Said = { class: "major", aspect: "readers", what: "it was removed", ...neither, history: true }

/** Keys that are gone, by the new keys that come from the same attribute. */
const renames = (
  gone: ReadonlyArray<readonly [string, Key]>,
  come: ReadonlyArray<readonly [string, Key]>
): ReadonlyMap<string, string> => {
  const byOrigin = Map.groupBy(come, ([, key]) => originOf(key))
  const found = new Map<string, string>()
  for (const [name, key] of gone) {
    const one = byOrigin.get(originOf(key))?.shift()
    if (one !== undefined) found.set(name, one[0])
  }
  return found
}

type Keys = ReadonlyMap<string, Key>

type Named = readonly [key: string, said: Said]

const named = (key: string, all: ReadonlyArray<Said>): ReadonlyArray<Named> => all.map((said) => [key, said])

const ofRenamed = (name: string, key: Key, to: string, now: Key): ReadonlyArray<Named> => {
  const said: Said = { class: "major", aspect: "readers", what: `it was renamed to ${to}`, ...neither }
  return named(name, [said]).concat(named(to, ofKey(key, now)))
}

/** The changes of keys, with their names. */
export const between = (before: Keys, after: Keys): ReadonlyArray<Named> => {
  const gone = [...before].filter(([name]) => !after.has(name))
  const come = [...after].filter(([name]) => !before.has(name))
  const renamed = renames(gone, come)
  const known = new Set(renamed.values())
  const changed = [...before].flatMap(([name, key]) => {
    const to = renamed.get(name)
    if (to !== undefined) return ofRenamed(name, key, to, after.get(to)!)
    const now = after.get(name)
    return named(name, now === undefined ? [removed] : ofKey(key, now))
  })
  const others = come.filter(([name]) => !known.has(name))
  return changed.concat(others.map(([name, key]) => [name, added(key)]))
}
