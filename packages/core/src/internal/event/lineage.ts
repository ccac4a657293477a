import type { Aggregate } from "../../Aggregate.ts"
import * as Pii from "../../Pii.ts"
import { refuse } from "../base/refuse.ts"
import * as layout from "../definition/layout.ts"
import type * as definition from "../definition/model.ts"
import type { EntityImpl, ManyImpl, RelationImpl } from "../definition/model.ts"
import type { Key, Node, Resolver } from "./lineageModel.ts"
import type { TrackedEventImpl } from "./model.ts"
import { isTrackedEvent } from "./trackedEvent.ts"

const given: Resolver = { _tag: "Row" }

const resolverOf = ({ via }: RelationImpl): Resolver =>
  "lookup" in via ? { _tag: "Loader", loader: via.lookup.loader.source.name } : { _tag: "Function" }

const named = (aggregate: Aggregate): ReadonlyArray<string> => {
  const name = aggregate._tag.toLowerCase()
  if (aggregate._tag === "List") return [name, "truncated"]
  return ["attribute" in aggregate ? `${name}(${aggregate.attribute})` : name]
}

/** Whether the rows of lists are valued themselves, with what they are related to. */
const carriesRows = ({ aggregates }: ManyImpl): boolean =>
  aggregates.some(({ _tag }) => _tag === "List" || _tag === "First")

const manyKeys = (node: definition.ManyNode): ReadonlyArray<Key> => {
  const attributes = node.relation.aggregates.flatMap(named)
  const personal = layout.personalKeys(node)
  return node.keys.map((key, index) => ({
    key,
    path: node.path,
    attribute: attributes[index]!,
    kind: "aggregate",
    personal: personal.includes(key)
  }))
}

const oneKeys = (node: definition.OneNode): ReadonlyArray<Key> => {
  const personal = layout.personalKeys(node)
  return node.keys.map((key, index) => {
    const { name, source } = node.entity.fields[index]!
    return {
      key,
      path: `${node.path}.${name}`,
      attribute: name,
      // What is tracked as a change reads its own attributes by functions, and adds some that are made of them.
      kind: "compute" in source && index >= node.entity.compared ? "computed" : "attribute",
      personal: personal.includes(key)
    }
  })
}

/**
 * Adds the nodes of an entity that is reached by a path. What stands inside a list hangs on the list, and has no keys of its own in
 * the flat record.
 */
const addNodes = (nodes: Array<Node>, entity: EntityImpl, path: string, list?: string): void => {
  for (const node of layout.of(entity).nodes) {
    const { parent, relation } = node
    if (parent === undefined && list !== undefined) continue
    const at = (inner: definition.Node): string => path + inner.path.slice(entity.name.length)
    const target = node._tag === "One" ? node.entity : node.relation.target
    nodes.push({
      path: at(node),
      entity: target.name,
      parent: parent?.id === 0 && list !== undefined ? list : parent && at(parent),
      relation: parent && node.path.slice(parent.path.length + 1),
      to: node._tag === "One" ? "one" : "many",
      resolver: relation === undefined ? given : resolverOf(relation),
      keys: list !== undefined ? [] : node._tag === "One" ? oneKeys(node) : manyKeys(node)
    })
    if (node._tag === "Many" && carriesRows(node.relation)) addNodes(nodes, target, `${at(node)}[]`, at(node))
  }
}

export const of = (event: TrackedEventImpl): ReadonlyArray<Node> => {
  if (isTrackedEvent(event)) return (event.memo.lineage ??= make(event))
  return refuse("Lineage", "BadPath", "a lineage is of a tracked event")
}

const make = (event: TrackedEventImpl): ReadonlyArray<Node> => {
  const path = `${event.name}.properties`
  const nodes: Array<Node> = [
    {
      path,
      entity: event.name,
      parent: undefined,
      relation: undefined,
      to: "one",
      resolver: given,
      keys: event.fields.map(({ name, schema }) => ({
        key: name,
        path: `${path}.${name}`,
        attribute: name,
        kind: "property",
        personal: Pii.isPersonal(schema)
      }))
    }
  ]
  for (const entity of Object.values(event.entities)) addNodes(nodes, entity, entity.name)
  return nodes
}
