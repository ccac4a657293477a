import * as Effect from "effect/Effect"
import { fromThrown, rejected } from "../base/fault.ts"
import { comesLater, from } from "../base/userFunction.ts"
import type { Node } from "../definition/model.ts"
import type { Pending, Walk } from "./model.ts"
import { needsEffect } from "./needsEffect.ts"
import { all } from "./pending.ts"
import { placeOf, wrong } from "./place.ts"
import { tolerated } from "./tolerated.ts"
import { unresolved } from "./unresolved.ts"

/** The placeholder for an absent value, and the receiver of an asynchronous one. */
interface Options {
  readonly without?: unknown
  readonly arrived?: (rowIndex: number, value: unknown) => void
}

/** Requests a value for every row of a node. It runs values that are Effects together. */
export const collect = (
  walk: Walk,
  node: Node,
  rest: string,
  what: string,
  f: (row: any) => unknown,
  { without = unresolved, arrived }: Options = {}
): readonly [Array<unknown>, Pending] => {
  const rows = walk.related[node.id]!
  const { answers } = walk.program
  const out = new Array<unknown>(rows.length)
  const effects: Array<Effect.Effect<void, any, any>> = []
  for (let rowIndex = 0; rowIndex < rows.length; rowIndex++) {
    const row = rows[rowIndex]
    if (row === undefined) continue
    try {
      const answer = answers.ask(f, row)
      if (!comesLater(answer)) {
        out[rowIndex] = answer
        continue
      }
      if (walk.now) throw answers.keep(f, row, answer)
      answers.later = true
      out[rowIndex] = without
      const keep = (value: unknown): void => {
        out[rowIndex] = value
        arrived?.(rowIndex, value)
      }
      const path = (): string => placeOf(walk, node, rowIndex, rest)
      const later = Effect.map(
        from(answer, (cause) => rejected(path(), cause)),
        keep
      )
      effects.push(tolerated(walk, later, path, what, () => {}))
    } catch (thrown) {
      if (thrown === needsEffect) throw thrown
      out[rowIndex] = without
      wrong(walk, fromThrown(walk.program.entity.name, placeOf(walk, node, rowIndex, rest), what, thrown), true)
    }
  }
  return [out, all(effects)]
}
