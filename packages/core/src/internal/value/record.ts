import { absent } from "../base/codec.ts"
import { compare } from "../definition/changed.ts"
import { read } from "../definition/field.ts"
import type { Field, OneNode } from "../definition/model.ts"
import { fromThrown } from "../base/fault.ts"
import type { Walk } from "./model.ts"
import { rowIndexOf } from "./rowIndex.ts"

/** Interprets the layout: makes the record of one row of a resolved walk. */
export const interpret = (walk: Walk, index: number): Record<string, unknown> => {
  const out: Record<string, unknown> = {}
  for (const node of walk.program.layout.nodes) {
    const rowIndex = rowIndexOf(walk, node, index)
    const related = walk.related[node.id]![rowIndex]
    if (related === undefined) continue
    const values =
      node._tag === "Many" ? (related as ReadonlyArray<unknown>) : encodeFields(walk, node, related, rowIndex, index)
    for (let i = 0; i < node.keys.length; i++) if (values[i] !== absent) out[node.keys[i]!] = values[i]
  }
  return out
}

const encodeFields = (walk: Walk, node: OneNode, row: unknown, rowIndex: number, index: number): Array<unknown> => {
  const { fields } = node.entity
  const values = new Array<unknown>(fields.length)
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!
    let raw: unknown
    try {
      raw = "path" in field.source ? read(field.source, row) : walk.computed[node.id]![i]![rowIndex]
      values[i] = encode(field, raw, walk.program.checked)
    } catch (thrown) {
      const { layout, entity } = walk.program
      const suffix = `${node.path.slice(layout.root.path.length)}.${field.name}`
      const error = fromThrown(entity.name, walk.place(index, suffix), field.codec.expected, thrown)
      if (walk.tolerance === undefined) throw error
      walk.tolerance.add(error, false)
      values[i] = walk.tolerance.instead(raw)
    }
  }
  if (node.entity.compared > 0) compare(node.entity, values)
  return values
}

const encode = ({ codec }: Field, raw: unknown, checked: boolean): unknown => {
  if (raw === absent) return absent
  if (checked || !codec.scalar) return codec.encode(raw)
  return raw === undefined && codec.optional ? absent : raw
}
