import { SharedMap } from "../base/sharedMap.ts"
import { isAsync } from "../base/userFunction.ts"
import { build } from "../definition/entity.ts"
import { Answers } from "./answers.ts"
import * as layout from "../definition/layout.ts"
import type { EntityImpl, Field, Layout, ManyImpl, ManyNode, Node } from "../definition/model.ts"
import { type ManyProgram, memoOf, type Program } from "./model.ts"

/** The program of an entity, made once. The requested entity decides whether rows are checked. */
export const of = (entity: EntityImpl, checked: boolean = entity.checked): Program =>
  (memoOf(entity)[checked ? "checked" : "unchecked"] ??= make(entity, layout.of(entity), checked))

const make = (entity: EntityImpl, plan: Layout, checked: boolean): Program => {
  const many = new Map<ManyNode, ManyProgram>()
  for (const node of plan.nodes) {
    if (node._tag === "Many") many.set(node, makeMany(node.relation, checked))
  }
  const loads = plan.nodes.some(
    (node) =>
      (node.relation !== undefined && "lookup" in node.relation.via) ||
      (node._tag === "Many" && many.get(node)!.records?.program.loads === true)
  )
  const answers = new Answers(plan.nodes.some(answersLater))
  return { entity, checked, layout: plan, loads, many, answers, readers: [], writer: undefined }
}

/** Whether a function of a node is known to return promises, so that it is not called twice. */
const answersLater = (node: Node): boolean =>
  (node.relation !== undefined && "resolve" in node.relation.via && isAsync(node.relation.via.resolve)) ||
  (node._tag === "One" && node.entity.fields.some(({ source }) => "compute" in source && isAsync(source.compute)))

const makeMany = (relation: ManyImpl, checked: boolean): ManyProgram => {
  const { compiled, target } = relation
  const first = Math.max(...compiled.map(({ needs }) => needs.first))
  const last = compiled.some(({ needs }) => needs.last)
  const names = new Set(compiled.flatMap(({ needs }) => needs.attributes))
  return {
    relation,
    records: first === 0 && !last ? undefined : { program: of(target, checked), first, last },
    attributes: names.size === 0 ? undefined : attributesOnly(target, names, checked)
  }
}

const attributesOnly = (target: EntityImpl, names: ReadonlySet<string>, checked: boolean): Program => {
  const fields: ReadonlyArray<Field> =
    target.compared > 0 ? target.fields : target.fields.filter((field) => names.has(field.name))
  return of(build({ ...target, fields, related: SharedMap.from([]) }), checked)
}
