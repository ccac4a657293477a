import { DefinitionError } from "../DefinitionError.ts"
import * as Pii from "../Pii.ts"
import type { EntityImpl, Field, ManyImpl, OneImpl } from "./entity.ts"

/** One key of the flat record, and the path of the definition that writes it. */
export interface Slot {
  readonly key: string
  readonly path: string
}

/** An entity as it is reached by one path: the root, or the target of a to-one relation. */
export interface OneNode {
  readonly _tag: "One"
  readonly id: number
  readonly path: string
  readonly parent: OneNode | undefined
  readonly relation: OneImpl | undefined
  readonly entity: EntityImpl
  /** The flat keys of the entity's fields, in their order. */
  readonly keys: ReadonlyArray<string>
  /** Which of the fields are computed. */
  readonly computed: ReadonlyArray<number>
  readonly children: Array<Node>
}
/** A to-many relation as it is reached by one path. */
export interface ManyNode {
  readonly _tag: "Many"
  readonly id: number
  readonly path: string
  readonly parent: OneNode
  readonly relation: ManyImpl
  /** The flat keys of the aggregates; a list has two. */
  readonly keys: ReadonlyArray<string>
}
export type Node = OneNode | ManyNode

/** The whole walk of an entity, level by level. */
export interface Layout {
  readonly root: OneNode
  readonly nodes: ReadonlyArray<Node>
  readonly slots: ReadonlyArray<Slot>
}

const aggregateKeys = (base: string, relation: ManyImpl): ReadonlyArray<string> =>
  relation.aggregates.flatMap((aggregate) => {
    switch (aggregate._tag) {
      case "List":
        return [base, `${base}_truncated`]
      case "Count":
      case "Keys":
      case "First":
        return [`${base}_${aggregate._tag.toLowerCase()}`]
      default:
        return [`${base}_${aggregate.attribute}_${aggregate._tag.toLowerCase()}`]
    }
  })

const computedFields = (fields: ReadonlyArray<Field>): ReadonlyArray<number> =>
  fields.flatMap(({ source }, index) => ("compute" in source ? [index] : []))

const fieldKeys = (prefix: string, fields: ReadonlyArray<Field>): ReadonlyArray<string> =>
  fields.map((field) => `${prefix}_${field.name}`)

const make = (entity: EntityImpl): Layout => {
  const root: OneNode = {
    _tag: "One",
    id: 0,
    path: entity.name,
    parent: undefined,
    relation: undefined,
    entity,
    keys: fieldKeys(entity.name, entity.fields),
    computed: computedFields(entity.fields),
    children: []
  }
  const nodes: Array<Node> = [root]
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!
    if (node._tag === "Many") continue
    const prefix = node.relation?.prefix ?? node.entity.name
    for (const [name, relation] of Object.entries(node.entity.relations)) {
      const path = `${node.path}.${name}`
      const id = nodes.length
      const child: Node =
        relation._tag === "One"
          ? {
              _tag: "One",
              id,
              path,
              parent: node,
              relation,
              entity: relation.target,
              keys: fieldKeys(relation.prefix, relation.target.fields),
              computed: computedFields(relation.target.fields),
              children: []
            }
          : { _tag: "Many", id, path, parent: node, relation, keys: aggregateKeys(`${prefix}_${name}`, relation) }
      node.children.push(child)
      nodes.push(child)
    }
  }
  const slots = nodes.flatMap((node) =>
    node.keys.map((key, i) => ({
      key,
      path: node._tag === "One" ? `${node.path}.${node.entity.fields[i]!.name}` : node.path
    }))
  )
  refuseLong(entity.name, slots)
  refuseDuplicates(entity.name, slots)
  return { root, nodes, slots }
}

/** The keys of a node that hold personal data. A list is personal where anything in it is. */
export const personalKeys = (node: Node): ReadonlyArray<string> => {
  if (node._tag === "One") return node.keys.filter((_, index) => Pii.isPersonal(node.entity.fields[index]!.schema))
  return of(node.relation.target).nodes.some((inner) => personalKeys(inner).length > 0)
    ? node.keys.filter((key) => !/_(count|truncated)$/.test(key))
    : []
}

/** Mixpanel cuts names at 255 characters (its page "Import events"), and two that are cut may become one. */
const refuseLong = (name: string, slots: ReadonlyArray<Slot>): void => {
  const long = slots.find((slot) => slot.key.length > 255)
  if (long === undefined) return
  throw new DefinitionError({
    entity: name,
    reason: "BadName",
    paths: [long.path],
    detail: `the key ${long.key.slice(0, 40)}… has ${long.key.length} characters, and vendors take 255: shorten the names that it is made of`
  })
}

/** Throws `DefinitionError` where more than one slot has the same key. */
export const refuseDuplicates = (name: string, slots: ReadonlyArray<Slot>): void => {
  const writers = Map.groupBy(slots, (slot) => slot.key)
  const twice = [...writers].filter(([, by]) => by.length > 1)
  if (twice.length === 0) return
  const said = twice.slice(0, 5).map(([key, by]) => `${key} (${by.map((slot) => slot.path).join(" and ")})`)
  throw new DefinitionError({
    entity: name,
    reason: "DuplicateKey",
    paths: [...new Set(twice.flatMap(([, by]) => by.map((slot) => slot.path)))],
    detail: `more than one path writes ${said.join(", ")}${twice.length > 5 ? ` and ${twice.length - 5} more keys` : ""}: give one of the relations a prefix of its own, { prefix: "…" }, or rename the attribute`
  })
}

/** The layout of an entity, made once. Throws `DefinitionError` where two paths write one key. */
export const of = (entity: EntityImpl): Layout => (entity.memo.layout ??= make(entity))
