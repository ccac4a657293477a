/** The lock of a plan. */
import type * as Description from "@trackmap/core/Description"
import { ofSubject } from "../diff/between.ts"
import { greatest } from "../diff/model.ts"
import * as entities from "./entities.ts"
import * as flat from "./flat.ts"
import { idOf, type Key, type Lock, type Subject } from "./model.ts"
import * as versions from "./version.ts"

/** The keys with their places: those that there were keep theirs. */
const placed = (
  keys: flat.FlatSubject["keys"],
  known: ReadonlyMap<string, Key> = new Map()
): ReadonlyMap<string, Key> => {
  let last = Math.max(-1, ...Array.from(known.values(), ({ at }) => at))
  return new Map(Array.from(keys, ([name, key]) => [name, { at: known.get(name)?.at ?? ++last, ...key }]))
}

const subjectOf = (given: flat.FlatSubject, previous: Subject | undefined): Subject => {
  const { header, keys, kind, name } = given
  const { purposes, ...others } = header
  const version = previous?.header.version ?? versions.first
  const subject: Subject = {
    kind,
    name,
    header: { version, ...(purposes.length > 0 && { purposes }), ...others },
    keys: placed(keys, previous?.keys)
  }
  if (previous === undefined) return subject
  const changed = versions.next(version, greatest(ofSubject(previous, subject)))
  return { ...subject, header: { ...subject.header, version: changed } }
}

export const make = (plan: Description.Plan, previous?: Lock): Lock => {
  const subjects = new Map(
    flat.of(plan).map((given) => [idOf(given), subjectOf(given, previous?.subjects.get(idOf(given)))])
  )
  const relations: Lock["relations"] = new Map(
    plan.entities.flatMap(({ name, relations }) =>
      relations.map((one) => [`${name}.${one.name}`, { entity: one.entity, to: one.to, ...flat.annotationsOf(one) }])
    )
  )
  return { subjects, entities: entities.of(plan.entities, subjects, previous), relations }
}
