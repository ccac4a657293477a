import * as Effect from "effect/Effect"
import { fromThrown, rejected } from "../base/fault.ts"
import { comesLater, from } from "../base/userFunction.ts"
import type { Node } from "../definition/model.ts"
import type { Pending, Walk } from "./model.ts"
import { all } from "./pending.ts"
import { placeOf, wrong } from "./place.ts"
import { tolerated } from "./tolerated.ts"
import { unresolved } from "./unresolved.ts"

/** Requests a value for every row of a node. It runs values that are Effects together. */
export const collect = (
  walk: Walk,
  node: Node,
  rest: string,
  what: string,
  ask: (row: unknown) => unknown,
  without: unknown = unresolved
): readonly [Array<unknown>, Pending] => {
  const rows = walk.related[node.id]!
  const out = new Array<unknown>(rows.length)
  const effects: Array<Effect.Effect<void, any, any>> = []
  for (let rowIndex = 0; rowIndex < rows.length; rowIndex++) {
    const row = rows[rowIndex]
    if (row === undefined) continue
    try {
      const answer = ask(row)
      if (comesLater(answer)) {
        walk.program.answers.later = true
        const keep = (value: unknown): void => void (out[rowIndex] = value)
        const path = (): string => placeOf(walk, node, rowIndex, rest)
        const later = Effect.map(
          from(answer, (cause) => rejected(path(), cause)),
          keep
        )
        effects.push(tolerated(walk, later, path, what, () => keep(without)))
      } else out[rowIndex] = answer
    } catch (thrown) {
      out[rowIndex] = without
      wrong(walk, fromThrown(walk.program.entity.name, placeOf(walk, node, rowIndex, rest), what, thrown), true)
    }
  }
  return [out, all(effects)]
}
