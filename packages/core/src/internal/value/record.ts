import { absent } from "../base/codec.ts"
import type { Place } from "../base/fault.ts"
import { compare } from "../definition/changed.ts"
import type { Node, OneNode } from "../definition/model.ts"
import * as generate from "./generate.ts"
import type { NodeValues, Program, Reading, RowValues, Values } from "./model.ts"
import { Invalid } from "./reader.ts"

/** Makes the record of the row at an index from the values of its nodes. Throws for an invalid value, or reports it. */
export const make = (
  program: Program,
  values: ReadonlyArray<NodeValues | undefined>,
  index: number,
  place: Place,
  { invalid, tolerance }: Reading
): Values => {
  if (!invalid && (tolerance === undefined || tolerance.found.length === 0)) {
    program.writer ??= generate.writer(program) ?? ((valid) => interpret(program, valid, index, place, undefined))
    return program.writer(values)
  }
  return interpret(program, values, index, place, tolerance)
}

const interpret = (
  program: Program,
  values: ReadonlyArray<NodeValues | undefined>,
  index: number,
  place: Place,
  tolerance: Reading["tolerance"]
): Values => {
  const out: Values = {}
  for (const node of program.layout.nodes) {
    const own = values[node.id]
    if (own === undefined) continue
    const valid =
      node._tag === "Many"
        ? (own as ReadonlyArray<unknown>)
        : validOf(program, node, own as RowValues, index, place, tolerance)
    for (let i = 0; i < node.keys.length; i++) if (valid[i] !== absent) out[node.keys[i]!] = valid[i]
  }
  return out
}

const validOf = (
  program: Program,
  node: OneNode,
  values: RowValues,
  index: number,
  place: Place,
  tolerance: Reading["tolerance"]
): ReadonlyArray<unknown> => {
  const valid = node.keys.map((key, field) => {
    const value = values[key]
    if (!(value instanceof Invalid)) return value
    const suffix = `${suffixOf(program, node)}.${node.entity.fields[field]!.name}`
    const error = value.error(program.entity.name, place(index, suffix))
    if (tolerance === undefined) throw error
    tolerance.add(error, false)
    return value.instead
  })
  if (node.entity.compared > 0) compare(node.entity, valid)
  return valid
}

const suffixOf = ({ layout }: Program, node: Node): string => node.path.slice(layout.root.path.length)
