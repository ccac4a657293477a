import { refuse } from "../base/refuse.ts"
import { SharedMap } from "../base/sharedMap.ts"
import type {
  AggregateKey,
  EntityImpl,
  Field,
  FlatKey,
  Layout,
  ManyImpl,
  Node,
  OneNode,
  RelationImpl
} from "./model.ts"

const aggregateKeys = ({ compiled }: ManyImpl): ReadonlyArray<AggregateKey> => compiled.flatMap(({ keys }) => keys)

const computedFields = (fields: ReadonlyArray<Field>): ReadonlyArray<number> =>
  fields.flatMap(({ source }, index) => ("compute" in source ? [index] : []))

export const keysOfFields = (prefix: string, fields: ReadonlyArray<Field>): ReadonlyArray<string> =>
  fields.map((field) => `${prefix}_${field.name}`)

const keysOfMany = (prefix: string, name: string, relation: ManyImpl): ReadonlyArray<string> =>
  aggregateKeys(relation).map(({ suffix }) => `${prefix}_${name}${suffix}`)

/** The keys that an entity writes with one of its relations: of a to-one relation, all of the target's, of which its own have the prefix. */
export const keysOfRelation = (entity: EntityImpl, name: string, relation: RelationImpl): ReadonlyArray<string> => {
  if (relation._tag === "Many") return keysOfMany(entity.name, name, relation)
  const { prefix, target } = relation
  return of(target).nodes.flatMap((node) => {
    const own = node._tag === "One" ? node : node.parent
    return own.relation === undefined ? node.keys.map((key) => prefix + key.slice(target.name.length)) : node.keys
  })
}

const make = (entity: EntityImpl): Layout => {
  const root: OneNode = {
    _tag: "One",
    id: 0,
    path: entity.name,
    parent: undefined,
    relation: undefined,
    entity,
    keys: keysOfFields(entity.name, entity.fields),
    computed: computedFields(entity.fields),
    children: []
  }
  const nodes: Array<Node> = [root]
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!
    if (node._tag === "Many") continue
    const prefix = node.relation?.prefix ?? node.entity.name
    for (const [name, relation] of node.entity.related) {
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
              keys: keysOfFields(relation.prefix, relation.target.fields),
              computed: computedFields(relation.target.fields),
              children: []
            }
          : {
              _tag: "Many",
              id,
              path,
              parent: node,
              relation,
              keys: keysOfMany(prefix, name, relation)
            }
      node.children.push(child)
      nodes.push(child)
    }
  }
  const flatKeys = nodes.flatMap((node) =>
    node.keys.map((key, i) => ({
      key,
      path: node._tag === "One" ? `${node.path}.${node.entity.fields[i]!.name}` : node.path,
      node
    }))
  )
  refuseLong(entity.name, flatKeys)
  refuseDuplicates(entity.name, flatKeys)
  return { root, nodes, flatKeys }
}

/** Mixpanel cuts names at 255 characters (its page "Import events"), and two that are cut may become one. */
const isLong = (key: string): boolean => key.length > 255

const refuseLong = (name: string, flatKeys: ReadonlyArray<FlatKey>): void => {
  const long = flatKeys.find(({ key }) => isLong(key))
  if (long === undefined) return
  refuse(
    name,
    "BadName",
    `the key ${long.key.slice(0, 40)}… has ${long.key.length} characters, and vendors accept 255: shorten its names`,
    [long.path]
  )
}

const pathsOf = (by: ReadonlyArray<FlatKey>): ReadonlyArray<string> => [...new Set(by.map((one) => one.path))]

/** Throws `DefinitionError` where two paths write the same key. */
export const refuseDuplicates = (name: string, flatKeys: ReadonlyArray<FlatKey>): void => {
  if (new Set(flatKeys.map(({ key }) => key)).size === flatKeys.length) return
  const writers = Map.groupBy(flatKeys, (one) => one.key)
  const twice = [...writers].filter(([, by]) => by.length > 1)
  const said = twice.slice(0, 5).map(([key, by]) => `${key} (${pathsOf(by).join(" and ")})`)
  const more = twice.length > 5 ? ` and ${twice.length - 5} more keys` : ""
  const writing = twice.map(([, by]) => by)
  const what = writing.every((by) => pathsOf(by).length === 1) ? kindOf(writing[0]!) : "path"
  const remedies = new Set(writing.map(remedyOf))
  refuse(
    name,
    "DuplicateKey",
    `more than one ${what} writes ${said.join(", ")}${more}: ${[...remedies].join("; and ")}`,
    pathsOf(writing.flat())
  )
}

const kindOf = ([one]: ReadonlyArray<FlatKey>): string => (one!.node?._tag === "Many" ? "aggregate" : "attribute")

/** A relation that lies on the way to several of the paths, at the end of one of them: no prefix above it changes its keys. */
const sharedOf = (by: ReadonlyArray<FlatKey>): Node | undefined => {
  const nodes = by.flatMap(({ node }) => (node?.relation === undefined ? [] : [node]))
  return nodes.find((node) => nodes.some((other) => other !== node && other.relation === node.relation))
}

const remedyOf = (by: ReadonlyArray<FlatKey>): string => {
  // Two attributes of an entity, or two aggregates of a relation.
  if (pathsOf(by).length === 1) return "leave one out, or give one of your own another name"
  if (by.some(({ node }) => node === undefined)) return "rename the event's property"
  const shared = sharedOf(by)
  if (shared !== undefined) {
    const owner = shared.parent!.entity.name
    const relation = shared.path.slice(shared.parent!.path.length + 1)
    return `prefixes do not nest, and both paths share the relation "${relation}" of ${owner}: leave it out on one path, with Entity.omit("${relation}") on ${owner}, or compose ${owner} twice, with another prefix for "${relation}"`
  }
  if (by.every(({ node }) => node!.relation === undefined)) {
    return `an event takes an entity once: define another entity with a name of its own, or relate it with Entity.one and a prefix`
  }
  return 'give one of the relations its own prefix, { prefix: "…" }, or rename the attribute'
}

/** The layout of an entity, made once. Throws `DefinitionError` where two paths write one key. */
export const of = (entity: EntityImpl): Layout => (entity.memo.layout ??= make(entity))

const writtenBy = (entity: EntityImpl): SharedMap<true> =>
  (entity.memo.written ??= SharedMap.from(of(entity).flatKeys.map(({ key }) => [key, true])))

/** Checks the keys that an entity writes beside those of the one that it extends. Throws `DefinitionError` as `of` does. */
export const extend = (entity: EntityImpl, extended: EntityImpl, keys: ReadonlyArray<string>): void => {
  let written = writtenBy(entity)
  for (const key of keys) {
    // The whole layout tells the paths of both.
    if (isLong(key) || written.has(key)) return void of(extended)
    written = written.with(key, true)
  }
  extended.memo.written = written
}
