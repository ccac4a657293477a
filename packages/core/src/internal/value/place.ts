import type { InvalidRow, MissingRow } from "../../RowError.ts"
import { invalidRow } from "../base/fault.ts"
import type { Node } from "../definition/model.ts"
import type { Walk } from "./model.ts"
import { rowIndexOf } from "./rowIndex.ts"

const suffixOf = (walk: Walk, node: Node): string => node.path.slice(walk.program.layout.root.path.length)

/** The first of the rows that are valued to which one of a node's rows belongs. */
const indexOf = (walk: Walk, node: Node, rowIndex: number): number => {
  for (let index = 0; index < walk.count; index++) if (rowIndexOf(walk, node, index) === rowIndex) return index
  return 0
}

/** The path of one of a node's rows. */
export const placeOf = (walk: Walk, node: Node, rowIndex: number, rest = ""): string =>
  walk.place(indexOf(walk, node, rowIndex), suffixOf(walk, node) + rest)

/** Reports that a resolver returned a wrong kind of value, and returns undefined in its place. */
export const refuse = (walk: Walk, node: Node, rowIndex: number, expected: string, value: unknown): undefined =>
  wrong(
    walk,
    invalidRow(walk.program.entity.name, placeOf(walk, node, rowIndex), expected, value),
    node.parent !== undefined
  )

export const wrong = (walk: Walk, error: InvalidRow | MissingRow, resolving: boolean): undefined => {
  if (walk.tolerance === undefined) throw error
  walk.tolerance.add(error, resolving)
  return undefined
}
