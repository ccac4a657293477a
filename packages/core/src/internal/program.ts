import { isAsync } from "./answer.ts"
import { build, type EntityImpl, type Field, type ManyImpl } from "./entity.ts"
import * as generate from "./generate.ts"
import * as layout from "./layout.ts"
import * as record from "./record.ts"
import type { Walk } from "./walk.ts"

/** An entity made ready to value rows: where its keys go, and the programs of the rows inside its to-many relations. */
export interface Program {
  readonly entity: EntityImpl
  readonly checked: boolean
  readonly layout: layout.Layout
  /** Whether a relation anywhere below is a loader's, so that nothing can be valued without an Effect. */
  readonly loads: boolean
  readonly many: ReadonlyMap<layout.ManyNode, ManyProgram>
  /** Whether a resolver or a computed attribute is known to answer later, with an Effect or a promise. */
  readonly answers: { later: boolean }
  /** The records of the rows that a walk has resolved. */
  readonly write: (walk: Walk) => Array<Record<string, unknown>>
  /** The same, by the interpreter, which alone can go on where something is wrong. */
  readonly interpret: (walk: Walk) => Array<Record<string, unknown>>
}

/** What the aggregates of a to-many relation need of its rows. */
export interface ManyProgram {
  readonly relation: ManyImpl
  /** Values the rows that a list or `first` carries, at most `max` of them. */
  readonly items: { readonly program: Program; readonly max: number } | undefined
  /** Values the attributes that sum, min, max and keys read, of every row. */
  readonly attributes: Program | undefined
}

/** The program of an entity, made once. Whether rows are checked is decided by the entity that is asked for. */
export const of = (entity: EntityImpl, checked: boolean = entity.checked): Program =>
  (entity.memo[checked ? "checked" : "unchecked"] ??= make(entity, layout.of(entity), checked))

const make = (entity: EntityImpl, plan: layout.Layout, checked: boolean): Program => {
  const many = new Map<layout.ManyNode, ManyProgram>()
  for (const node of plan.nodes) {
    if (node._tag === "Many") many.set(node, makeMany(node.relation, checked))
  }
  const loads = plan.nodes.some(
    (node) =>
      (node.relation !== undefined && "lookup" in node.relation.via) ||
      (node._tag === "Many" && many.get(node)!.items?.program.loads === true)
  )
  const shape = { entity, checked, layout: plan }
  return {
    ...shape,
    loads,
    many,
    answers: { later: plan.nodes.some(answersLater) },
    write: generate.writer(shape, record.interpret, interpretAll) ?? interpretAll,
    interpret: interpretAll
  }
}

/** Whether a function of a node's is known to give promises, which are then not asked for twice. */
const answersLater = (node: layout.Node): boolean =>
  (node.relation !== undefined && "resolve" in node.relation.via && isAsync(node.relation.via.resolve)) ||
  (node._tag === "One" && node.entity.fields.some(({ source }) => "compute" in source && isAsync(source.compute)))

const interpretAll = (walk: Walk): Array<Record<string, unknown>> =>
  Array.from({ length: walk.count }, (_, index) => record.interpret(walk, index))

const makeMany = (relation: ManyImpl, checked: boolean): ManyProgram => {
  const { aggregates, target } = relation
  const lists = aggregates.flatMap((aggregate) =>
    aggregate._tag === "List" ? [aggregate.max] : aggregate._tag === "First" ? [1] : []
  )
  const names = new Set(
    aggregates.flatMap((aggregate) =>
      aggregate._tag === "Keys" ? [target.key] : "attribute" in aggregate ? [aggregate.attribute] : []
    )
  )
  return {
    relation,
    items: lists.length === 0 ? undefined : { program: of(target, checked), max: Math.max(...lists) },
    attributes: names.size === 0 ? undefined : attributesOnly(target, names, checked)
  }
}

const attributesOnly = (target: EntityImpl, names: ReadonlySet<string>, checked: boolean): Program => {
  const fields: ReadonlyArray<Field> =
    target.compared > 0 ? target.fields : target.fields.filter((field) => names.has(field.name))
  return of(build({ ...target, fields, relations: {} }), checked)
}
