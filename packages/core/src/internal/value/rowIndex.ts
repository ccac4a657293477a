import type { Node } from "../definition/model.ts"
import type { Walk } from "./model.ts"

/** The index of the node's row that belongs to a row. */
export const rowIndexOf = (walk: Walk, node: Node, index: number): number => {
  if (node.parent === undefined) return index
  const rowIndex = rowIndexOf(walk, node.parent, index)
  return walk.rowIndexes[node.id]?.[rowIndex] ?? rowIndex
}
