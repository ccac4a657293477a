import type { Annotations } from "../../Annotations.ts"
import { describe } from "../base/fault.ts"
import { type Names, optionsOf } from "../base/options.ts"
import { refuse } from "../base/refuse.ts"
import { SharedMap } from "../base/sharedMap.ts"
import * as loader from "../load/loader.ts"
import type { ReadFields } from "../load/model.ts"
import * as table from "./aggregates.ts"
import * as annotations from "./annotations.ts"
import { build, extend, isEntity } from "./entity.ts"
import { checkName } from "./field.ts"
import * as layout from "./layout.ts"
import type { EntityImpl, ManyImpl, RelationImpl, Via } from "./model.ts"
import * as reads from "./reads.ts"

const viaOf = (entity: string, path: string, resolve: unknown, fields: ReadFields): Via =>
  loader.isLookup(resolve)
    ? { lookup: loader.reading(resolve, fields) }
    : typeof resolve === "function"
      ? { resolve: resolve as (row: unknown) => unknown }
      : refuse(entity, "BadPath", `the relation ${path} needs a function of the row, or a loader's Loader.at`, [path])

const relate = (self: EntityImpl, name: string, relation: RelationImpl): EntityImpl =>
  extend(self, { related: self.related.with(name, relation) }, layout.keysOfRelation(self, name, relation))

const checkRelation = (self: EntityImpl, name: string, target: unknown): string => {
  const path = `${self.name}.${name}`
  checkName(self.name, "the relation", name, path)
  if (self.related.has(name)) {
    refuse(self.name, "DuplicateName", `it already has a relation "${name}"`, [path])
  }
  if (!isEntity(target)) refuse(self.name, "BadPath", `the target of ${path} is not an entity`, [path])
  return path
}

export interface OneOptions {
  readonly prefix?: string | undefined
  readonly required?: boolean | undefined
  readonly optional?: boolean | undefined
}

const oneNames: Names<OneOptions> = { prefix: true, required: true, optional: true }

export const one = (
  self: EntityImpl,
  name: string,
  target: EntityImpl,
  resolve: unknown,
  options: OneOptions = {}
): EntityImpl => {
  const path = checkRelation(self, name, target)
  const { optional = false, prefix = target.name, required = false } = optionsOf(path, options, oneNames)
  checkName(self.name, "the prefix", prefix, path)
  checkFlag(self.name, path, "optional", optional)
  checkFlag(self.name, path, "required", required)
  if (optional && required) {
    refuse(self.name, "BadPath", `the relation ${path} is both optional and required: remove one of the two`, [path])
  }
  const via = viaOf(self.name, path, resolve, reads.ofEntity(target))
  return relate(self, name, {
    _tag: "One",
    target,
    prefix,
    optional: optional || "lookup" in via,
    required: required || ("lookup" in via && via.lookup.loader.required),
    via: required && "lookup" in via ? { lookup: { ...via.lookup, loader: loader.required(via.lookup.loader) } } : via
  })
}

const checkFlag = (entity: string, path: string, option: string, given: unknown): void => {
  if (typeof given === "boolean") return
  refuse(
    entity,
    "BadPath",
    `the option ${option} of the relation ${path} must be true or false, not ${describe(given)}`,
    [path]
  )
}

export const many = (
  self: EntityImpl,
  name: string,
  target: EntityImpl,
  resolve: unknown,
  aggregates: ReadonlyArray<unknown>
): EntityImpl => {
  const path = checkRelation(self, name, target)
  if (aggregates.length === 0) {
    refuse(
      self.name,
      "BadAggregate",
      `${path} names no aggregate: pass Aggregate.count, Aggregate.list({ max }) or another`,
      [path]
    )
  }
  const compiled = compile(self, path, target, aggregates)
  return relate(self, name, {
    _tag: "Many",
    target,
    aggregates,
    compiled,
    via: viaOf(self.name, path, resolve, reads.ofAggregates(target, compiled))
  })
}

const compile = (
  self: EntityImpl,
  path: string,
  target: EntityImpl,
  aggregates: ReadonlyArray<unknown>
): ManyImpl["compiled"] => aggregates.map((aggregate) => table.compile(aggregate, { entity: self.name, path, target }))

export const omit = (self: EntityImpl, paths: ReadonlyArray<string>): EntityImpl => omitFrom(self, paths, self.name)

/** `at` is the path of the entity from the one that the caller named. */
const omitFrom = (self: EntityImpl, paths: ReadonlyArray<string>, at: string): EntityImpl => {
  const left = new Map(self.related)
  const inside = new Map<string, readonly [relation: RelationImpl, paths: Array<string>]>()
  for (const path of paths) {
    const [name, ...rest] = path.split(".") as [string, ...Array<string>]
    const relation = left.get(name)
    if (relation === undefined) {
      const known = [...left.keys()].join(", ") || "none"
      return refuse(self.name, "BadPath", `there is no relation "${name}" to omit (it has ${known})`, [`${at}.${path}`])
    }
    if (rest.length === 0) left.delete(name)
    else {
      const known = inside.get(name) ?? [relation, []]
      inside.set(name, known)
      known[1].push(rest.join("."))
    }
  }
  for (const [name, [relation, paths]] of inside) {
    const target = omitFrom(relation.target, paths, `${at}.${name}`)
    if (left.has(name)) left.set(name, toTarget(self, name, relation, target))
  }
  return build({ ...self, related: SharedMap.from(left) })
}

/** A relation to the same rows, as another entity. */
const toTarget = (self: EntityImpl, name: string, relation: RelationImpl, target: EntityImpl): RelationImpl =>
  relation._tag === "One"
    ? { ...relation, target }
    : { ...relation, target, compiled: compile(self, `${self.name}.${name}`, target, relation.aggregates) }

export const annotate = (self: EntityImpl, name: string, given: Annotations): EntityImpl => {
  const path = `${self.name}.${name}`
  const relations = new Map(self.related)
  const relation = relations.get(name)
  if (relation === undefined) {
    const known = [...relations.keys()].join(", ") || "none"
    return refuse(self.name, "BadPath", `there is no relation "${name}" to annotate (it has ${known})`, [path])
  }
  relations.set(name, { ...relation, annotations: annotations.add(path, relation.annotations ?? {}, given) })
  return extend(self, { related: SharedMap.from(relations) }, [])
}

/** The relations of an entity whose own row is inside another one. */
export const mapRows = (
  self: EntityImpl,
  f: (read: (row: any) => unknown) => (row: any) => unknown
): SharedMap<RelationImpl> =>
  SharedMap.from(
    Array.from(self.related, ([name, relation]) => [
      name,
      {
        ...relation,
        via:
          "lookup" in relation.via
            ? { lookup: loader.at(relation.via.lookup.loader, f(relation.via.lookup.key)) }
            : { resolve: f(relation.via.resolve) }
      }
    ])
  )
