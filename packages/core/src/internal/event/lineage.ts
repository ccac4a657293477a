import type { Node } from "../../Description.ts"
import { refuse } from "../base/refuse.ts"
import * as description from "./description.ts"
import { isTrackedEvent } from "./trackedEvent.ts"

/** Makes nodes inside a list children of the list's node. Their keys are not keys of the event. */
const hung = (node: Node, on: string): ReadonlyArray<Node> => {
  const root = `${on}[]`
  return node.path === root ? [] : [{ ...node, parent: node.parent === root ? on : node.parent!, keys: [] }]
}

const flat = (nodes: ReadonlyArray<Node>): ReadonlyArray<Node> =>
  nodes.flatMap((node) => {
    // The records of a list and of a first row are the same.
    const records = node.keys.map(description.rowsIn).find((found) => found.length > 0) ?? []
    return [node, ...flat(records).flatMap((inner) => hung(inner, node.path))]
  })

export const of = (event: unknown): ReadonlyArray<Node> =>
  isTrackedEvent(event)
    ? (event.memo.lineage ??= flat(description.ofEvent(event).nodes))
    : refuse("Lineage", "BadPath", "a lineage needs a tracked event")
