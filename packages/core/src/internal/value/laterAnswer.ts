import * as Effect from "effect/Effect"
import { isArray } from "../base/fault.ts"
import { comesLater } from "../base/userFunction.ts"
import * as layout from "../definition/layout.ts"
import type { EntityImpl, OneNode } from "../definition/model.ts"

/** An asynchronous relation or computed attribute, and the kind of its result. */
export interface LaterAnswer {
  readonly path: string
  readonly actual: string
}

/** The first such place of a row. It calls the functions again, to describe their results. */
export const find = (entity: EntityImpl, row: unknown, path: string = entity.name): LaterAnswer | undefined =>
  typeof row === "object" && row !== null ? findIn(layout.of(entity).root, row, path) : undefined

const findIn = (node: OneNode, row: object, path: string): LaterAnswer | undefined => {
  for (const index of node.computed) {
    const { name, source } = node.entity.fields[index]!
    const later = "compute" in source ? laterOf(answerOf(source.compute, row), `${path}.${name}`) : undefined
    if (later !== undefined) return later
  }
  for (const child of node.children) {
    const { target, via } = child.relation!
    const childPath = path + child.path.slice(node.path.length)
    if ("lookup" in via) return { path: childPath, actual: "a loader" }
    const answer = answerOf(via.resolve, row)
    const later =
      laterOf(answer, childPath) ??
      (child._tag === "Many" ? findInRows(target, answer, childPath) : inside(child, answer, childPath))
    if (later !== undefined) return later
  }
  return undefined
}

const inside = (node: OneNode, row: unknown, path: string): LaterAnswer | undefined =>
  typeof row === "object" && row !== null ? findIn(node, row, path) : undefined

const findInRows = (target: EntityImpl, rows: unknown, path: string): LaterAnswer | undefined => {
  if (!isArray(rows)) return undefined
  for (const [index, row] of rows.entries()) {
    const later = find(target, row, `${path}[${index}]`)
    if (later !== undefined) return later
  }
  return undefined
}

const answerOf = (f: (row: any) => unknown, row: object): unknown => {
  try {
    return f(row)
  } catch {
    return undefined
  }
}

const laterOf = (answer: unknown, path: string): LaterAnswer | undefined => {
  try {
    if (comesLater(answer)) return { path, actual: Effect.isEffect(answer) ? "an Effect" : "a promise" }
  } catch {
    // It throws when it is read, and so is no answer.
  }
  return undefined
}
