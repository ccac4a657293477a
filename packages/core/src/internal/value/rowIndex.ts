import type { Node } from "../definition/model.ts"
import type { Walk } from "./model.ts"

/** Which of a node's rows belongs to a row that is valued. */
export const rowIndexOf = (walk: Walk, node: Node, index: number): number => {
  if (node.parent === undefined) return index
  const rowIndex = rowIndexOf(walk, node.parent, index)
  return walk.rowIndexes[node.id]?.[rowIndex] ?? rowIndex
}
