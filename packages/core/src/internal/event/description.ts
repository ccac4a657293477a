import type * as Description from "../../Description.ts"
import * as Pii from "../../Pii.ts"
import * as annotations from "../definition/annotations.ts"
import { isEntity } from "../definition/entity.ts"
import * as layout from "../definition/layout.ts"
import type { AggregateKey, EntityImpl, Field, ManyNode, Node, OneNode, RelationImpl } from "../definition/model.ts"
import { canBeAbsent } from "../definition/schema.ts"
import type { Declared, DeclaredCall, PlanImpl, TrackedEventImpl } from "./model.ts"
import * as schemaType from "./schemaType.ts"

const given: Description.Resolver = { _tag: "Row" }

const resolverOf = ({ via }: RelationImpl): Description.Resolver =>
  "lookup" in via ? { _tag: "Loader", loader: via.lookup.loader.source.name } : { _tag: "Function" }

/** The keys of some nodes, in their order. */
export const keysOf = (nodes: ReadonlyArray<Description.Node>): ReadonlyArray<Description.Key> =>
  nodes.flatMap(({ keys }) => keys)

/** The nodes of the records in a key's value, if it has any. */
export const rowsIn = ({ type }: Pick<Description.Key, "type">): ReadonlyArray<Description.Node> => {
  const item = type._tag === "Array" ? type.items : type
  return item._tag === "Record" ? item.nodes : []
}

// -----------------------------------------------------------------------------
// keys
// -----------------------------------------------------------------------------

/** The part of a key that depends on its field alone. */
const valueOf = ({ codec, schema }: Pick<Field, "codec" | "schema">) => ({
  type: schemaType.of(schema),
  // Without a JSON Schema, nothing rules out that the library returns undefined.
  optional: codec.optional || (codec.mayBeAbsent === true && codec.jsonSchema === undefined),
  personal: Pii.isPersonal(schema),
  ...annotations.of(schema, codec)
})

/** `Entity.changed` reads the entity's attributes by functions, and adds computed ones behind them. */
const kindOf = ({ compared, fields }: EntityImpl, index: number): "attribute" | "computed" =>
  "compute" in fields[index]!.source && index >= compared ? "computed" : "attribute"

const oneKeys = (node: OneNode, path: string): ReadonlyArray<Description.Key> => {
  const absent = canBeAbsent(node)
  return node.entity.fields.map((field, index) => {
    const value = valueOf(field)
    return {
      key: node.keys[index]!,
      path: `${path}.${field.name}`,
      attribute: field.name,
      kind: kindOf(node.entity, index),
      ...value,
      optional: value.optional || absent
    }
  })
}

const manyKeys = (node: ManyNode, path: string): ReadonlyArray<Description.Key> => {
  const { compiled, target } = node.relation
  const absent = canBeAbsent(node)
  const record = (): Description.JsonType => ({ _tag: "Record", nodes: entityNodes(target, `${path}[]`) })
  const typeOf = ({ records, schema }: AggregateKey): Description.JsonType =>
    records === undefined
      ? schemaType.of(schema())
      : records === "one"
        ? record()
        : { _tag: "Array", items: record(), maxItems: records.max }
  const parts = compiled.flatMap(({ keys, needs: { attributes } }) =>
    keys.map((key) => {
      const { type, optional } =
        key.own === undefined ? { type: typeOf(key), optional: key.optional } : valueOf(key.own)
      const personal = key.personal?.() === true || keysOf(rowsIn({ type })).some(({ personal }) => personal)
      return { attribute: key.label, ...(attributes.length > 0 && { reads: attributes }), type, optional, personal }
    })
  )
  return node.keys.map((key, index) => {
    const part = parts[index]!
    return {
      key,
      path,
      kind: "aggregate",
      ...part,
      optional: part.optional || absent
    }
  })
}

// -----------------------------------------------------------------------------
// nodes
// -----------------------------------------------------------------------------

const prefixOf = (node: OneNode): string => node.relation?.prefix ?? node.entity.name

/** `at` gives a node's path from the event. */
const nodeOf = (node: Node, at: (node: Node) => string): Description.Node => {
  const { parent, relation } = node
  return {
    path: at(node),
    entity: node._tag === "One" ? node.entity.name : node.relation.target.name,
    ...(parent !== undefined && { parent: at(parent), relation: node.path.slice(parent.path.length + 1) }),
    to: node._tag === "One" ? "one" : "many",
    prefix: prefixOf(node._tag === "One" ? node : node.parent),
    resolver: relation === undefined ? given : resolverOf(relation),
    keys: node._tag === "One" ? oneKeys(node, at(node)) : manyKeys(node, at(node))
  }
}

const entityNodes = (entity: EntityImpl, path: string): ReadonlyArray<Description.Node> =>
  layout.of(entity).nodes.map((node) => nodeOf(node, (inner) => path + inner.path.slice(entity.name.length)))

const described = new WeakMap<EntityImpl, ReadonlyArray<Description.Node>>()

/** The nodes of an entity of an event. Events share them, since a plan may have thousands of events about one entity. */
const ownNodes = (entity: EntityImpl): ReadonlyArray<Description.Node> => {
  const nodes = described.get(entity) ?? entityNodes(entity, entity.name)
  described.set(entity, nodes)
  return nodes
}

const declaredKeys = (path: string, fields: ReadonlyArray<Declared>): ReadonlyArray<Description.Key> =>
  fields.map((field) => ({
    key: field.name,
    path: `${path}.${field.name}`,
    attribute: field.name,
    kind: "property",
    ...valueOf(field)
  }))

const ownNode = ({ fields, name }: TrackedEventImpl): Description.Node => {
  const path = `${name}.properties`
  return {
    path,
    entity: name,
    to: "one",
    resolver: given,
    keys: declaredKeys(path, fields)
  }
}

// -----------------------------------------------------------------------------
// events and plans
// -----------------------------------------------------------------------------

const makeEvent = (event: TrackedEventImpl): Description.Event => {
  const { entities, mode, name, purposes } = event
  return {
    name,
    purposes,
    ...(mode.relations !== undefined && { relations: mode.relations }),
    ...(mode.validation !== undefined && { validation: mode.validation }),
    nodes: [ownNode(event), ...Object.values(entities).flatMap(ownNodes)],
    ...event.annotations
  }
}

/** The description of an event, made once. */
export const ofEvent = (event: TrackedEventImpl): Description.Event => (event.memo.description ??= makeEvent(event))

/** The keys of an event's messages that have personal data. */
export const personalKeys = (event: TrackedEventImpl): ReadonlySet<string> =>
  (event.memo.personal ??= new Set(
    keysOf(ofEvent(event).nodes)
      .filter(({ personal }) => personal)
      .map(({ key }) => key)
  ))

/** Collects the variants of each entity by name: events may omit relations of an entity, or extend it. */
const reach = (entity: EntityImpl, to: Map<string, Set<EntityImpl>>): void => {
  const known = to.get(entity.name) ?? new Set()
  if (known.has(entity)) return
  to.set(entity.name, known.add(entity))
  for (const { target } of Object.values(entity.relations)) reach(target, to)
}

const attributesOf = (entity: EntityImpl): Description.Entity["attributes"] => {
  // `Entity.changed` adds nothing but variants of the attributes.
  const fields = entity.compared === 0 ? entity.fields : entity.fields.slice(0, entity.compared)
  const attributeOf = (field: Field, index: number) => ({
    name: field.name,
    kind: kindOf(entity, index),
    ...valueOf(field)
  })
  return fields.map(attributeOf)
}

const relationOf = (name: string, { _tag, annotations, target }: RelationImpl): Description.Entity["relations"][0] => ({
  name,
  entity: target.name,
  to: _tag === "One" ? "one" : "many",
  ...annotations
})

const relationsOf = ({ relations }: EntityImpl): Description.Entity["relations"] =>
  Object.entries(relations).map(([name, relation]) => relationOf(name, relation))

const firstOf = <A extends { readonly name: string }>(all: ReadonlyArray<A>): ReadonlyArray<A> => {
  const byName = new Map<string, A>()
  for (const one of all) if (!byName.has(one.name)) byName.set(one.name, one)
  return [...byName.values()]
}

const entityOf = (name: string, variants: ReadonlyArray<EntityImpl>): Description.Entity => ({
  name,
  key: variants[0]!.key,
  attributes: firstOf(variants.flatMap(attributesOf)),
  relations: firstOf(variants.flatMap(relationsOf)),
  ...variants[0]!.annotations
})

const entitiesOf = (events: ReadonlyArray<TrackedEventImpl>): ReadonlyArray<Description.Entity> => {
  const reached = new Map<string, Set<EntityImpl>>()
  for (const { entities } of events) for (const entity of Object.values(entities)) reach(entity, reached)
  return [...reached.keys()].sort().map((name) => entityOf(name, [...reached.get(name)!]))
}

/** The traits or properties that a plan declares for a call. */
export const callKeys = (call: string, given: PlanImpl["calls"][DeclaredCall] & {}): ReadonlyArray<Description.Key> =>
  isEntity(given) ? keysOf(ownNodes(given)) : declaredKeys(call, given)

/** The keys of the context that a plan declares. */
export const contextKeys = ({ context }: PlanImpl): ReadonlyArray<Description.Key> => declaredKeys("context", context)

const makePlan = (plan: PlanImpl): Description.Plan => {
  const events = Object.values(plan.events)
  const calls = Object.entries(plan.calls).map(([call, given]) => ({
    call: call as DeclaredCall,
    keys: callKeys(call, given)
  }))
  return {
    format: 1,
    entities: entitiesOf(events),
    events: events.map(ofEvent),
    ...(calls.length > 0 && { calls }),
    ...(plan.context.length > 0 && { context: contextKeys(plan) })
  }
}

/** The description of a plan, made once. */
export const ofPlan = (plan: PlanImpl): Description.Plan => (plan.memo.description ??= makePlan(plan))
