import type * as Effect from "effect/Effect"
import { absent } from "../base/codec.ts"
import { isArray, type Place } from "../base/fault.ts"
import { read } from "../definition/field.ts"
import type { ManyNode, Node, OneNode, Via } from "../definition/model.ts"
import * as absence from "./absence.ts"
import { aggregate } from "./aggregate.ts"
import { collect } from "./collect.ts"
import { lookUp } from "./lookUp.ts"
import type { Pending, Program, Values, Walk } from "./model.ts"
import { all, andThen } from "./pending.ts"
import { placeOf, refuse, wrong } from "./place.ts"
import type { Tolerance } from "./tolerance.ts"
import { outcomeOf } from "./trace.ts"
import { unresolved } from "./unresolved.ts"

/**
 * Resolves everything that the rows' values need, without an Effect if every resolver is synchronous. It resolves each relation for all rows
 * together, and then that relation's own relations. A single row with loaders has a faster walk with the same results (`oneRow.ts`).
 */
export const resolve = (
  program: Program,
  rows: ReadonlyArray<unknown>,
  place: Place,
  tolerance?: Tolerance
): readonly [Walk, Pending] => {
  const { nodes, root } = program.layout
  const walk: Walk = {
    program,
    count: rows.length,
    place,
    tolerance,
    related: new Array<ReadonlyArray<unknown>>(nodes.length),
    rowIndexes: new Array<undefined>(nodes.length),
    computed: new Array<undefined>(nodes.length),
    batches: []
  }
  // The caller's array may change while a loader runs, and may have holes, which its own methods skip.
  const own = rows.slice()
  walk.related[0] = own
  for (let i = 0; i < rows.length; i++) {
    if (typeof rows[i] !== "object" || rows[i] === null || isArray(rows[i]))
      own[i] = refuse(walk, root, i, "a row", rows[i])
  }
  return [walk, expand(walk, root)]
}

/** The values of all rows, after everything is resolved. */
export const records = (walk: Walk): Array<Values> =>
  walk.tolerance === undefined ? walk.program.write(walk) : walk.program.interpret(walk)

const expand = (walk: Walk, node: OneNode): Pending => {
  const pendings: Array<Effect.Effect<void, any, any>> = []
  const add = (pending: Pending): void => {
    if (pending !== undefined) pendings.push(pending)
  }
  add(compute(walk, node))
  for (const child of node.children) {
    if (child._tag === "Many") add(resolveMany(walk, child))
    else {
      const pending = resolveOne(walk, child)
      add(pending === undefined ? expand(walk, child) : andThen(pending, () => expand(walk, child)))
    }
  }
  return all(pendings)
}

const compute = (walk: Walk, node: OneNode): Pending => {
  const computed: Array<ReadonlyArray<unknown> | undefined> = []
  walk.computed[node.id] = computed
  const pendings: Array<Effect.Effect<void, any, any>> = []
  for (const index of node.computed) {
    const field = node.entity.fields[index]!
    const ask = (row: unknown): unknown => read(field.source, row)
    const [out, pending] = collect(walk, node, `.${field.name}`, field.codec.expected, ask, absent)
    computed[index] = out
    if (pending !== undefined) pendings.push(pending)
  }
  return all(pendings)
}

/** Resolves a relation for all rows of its parent. */
const ask = (
  walk: Walk,
  node: Node & { readonly parent: OneNode | undefined },
  via: Via
): readonly [Array<unknown>, Pending] => {
  const rest = node.path.slice(node.parent!.path.length)
  return "lookup" in via
    ? lookUp(walk, node, rest, via.lookup)
    : collect(walk, node.parent!, rest, node._tag === "One" ? "a related row" : "an array of rows", via.resolve)
}

/** Reports to observers how a relation was resolved: missing if none of the rows has one, failed if one failed. */
const traceResolution = (walk: Walk, node: Node, since: number | undefined, out: ReadonlyArray<unknown>): void => {
  if (since === undefined || walk.related[node.parent!.id]!.every((row) => row === undefined)) return
  const row = out.includes(unresolved) ? unresolved : out.find((one) => one !== undefined && one !== null)
  const path = placeOf(walk, node, 0).replaceAll(/\[\d+\]/g, "[]")
  const [batch, wanted] = walk.batches[node.id] ?? []
  walk.tolerance!.trace!.ended(path, outcomeOf(row), since, batch, wanted?.keys() ?? [])
}

const resolveOne = (walk: Walk, node: OneNode): Pending => {
  const since = walk.tolerance?.trace?.now
  const { via } = node.relation!
  const [out, pending] = ask(walk, node, via)
  const settle = (): Pending => {
    traceResolution(walk, node, since, out)
    walk.related[node.id] = out
    for (let rowIndex = 0; rowIndex < out.length; rowIndex++) {
      const row = out[rowIndex]
      if (row === unresolved) out[rowIndex] = undefined
      else if (row === null || row === undefined) {
        out[rowIndex] = undefined
        // A loader tells by itself which rows it misses.
        if (!("lookup" in via)) refuseAbsence(walk, node, rowIndex, row)
      } else if (typeof row !== "object" || isArray(row)) {
        out[rowIndex] = refuse(walk, node, rowIndex, "a row or nothing", row)
      }
    }
    return undefined
  }
  return pending === undefined ? settle() : andThen(pending, settle)
}

const refuseAbsence = (walk: Walk, node: OneNode, rowIndex: number, row: null | undefined): void => {
  if (walk.related[node.parent!.id]![rowIndex] === undefined) return
  const error = absence.errorOf(walk.program.entity.name, node, placeOf(walk, node, rowIndex), row)
  if (error !== undefined) wrong(walk, error, true)
}

const resolveMany = (walk: Walk, node: ManyNode): Pending => {
  const since = walk.tolerance?.trace?.now
  const [out, pending] = ask(walk, node, node.relation.via)
  const settle = (): Pending => {
    traceResolution(walk, node, since, out)
    const looked = "lookup" in node.relation.via
    const parents = walk.related[node.parent.id]!
    for (let rowIndex = 0; rowIndex < out.length; rowIndex++) {
      const there = looked ? rowIndex > 0 : parents[rowIndex] !== undefined
      if (out[rowIndex] === unresolved) out[rowIndex] = undefined
      else if (there && !isArray(out[rowIndex]))
        out[rowIndex] = refuse(walk, node, rowIndex, "an array of rows", out[rowIndex])
    }
    return aggregateMany(walk, node, out as Array<ReadonlyArray<unknown> | undefined>)
  }
  return pending === undefined ? settle() : andThen(pending, settle)
}

/** Values the attributes that the aggregates read, for the rows of all parents together. */
const aggregateMany = (
  walk: Walk,
  node: ManyNode,
  lists: ReadonlyArray<ReadonlyArray<unknown> | undefined>
): Pending => {
  const program = walk.program.many.get(node)!
  const { first, last, program: nested } = program.records ?? none
  const place: Place = (index, rest) => placeOf(walk, node, index, rest)
  const { tolerance } = walk
  return valued(nested, lists, first, last, place, tolerance, (records) =>
    valued(program.attributes, lists, Number.POSITIVE_INFINITY, false, place, tolerance, (attributes) => {
      walk.related[node.id] = aggregate(program, lists, records, attributes, place, tolerance)
      return undefined
    })
  )
}
const none = { program: undefined, first: 0, last: false }

/** The aggregates of one row's to-many relation, or undefined if they need an Effect. */
export const manyNow = (
  program: Program,
  node: ManyNode,
  parent: unknown,
  place: Place,
  tolerance?: Tolerance
): ReadonlyArray<unknown> | undefined => {
  const walk: Walk = { program, count: 1, place, tolerance, related: [], rowIndexes: [], computed: [], batches: [] }
  walk.related[node.parent.id] = [parent]
  return resolveMany(walk, node) === undefined
    ? ((walk.related[node.id]![0] as ReadonlyArray<unknown> | undefined) ?? node.keys.map(() => absent))
    : undefined
}

type Records = ReadonlyArray<Values>

/** Values the first rows of every list, and the last, in one walk, and continues with their records. */
const valued = (
  program: Program | undefined,
  lists: ReadonlyArray<ReadonlyArray<unknown> | undefined>,
  first: number,
  last: boolean,
  place: Place,
  tolerance: Tolerance | undefined,
  then: (records: Records) => Pending
): Pending => {
  if (program === undefined) return then([])
  const rows: Array<unknown> = []
  const owners: Array<readonly [index: number, position: number]> = []
  lists.forEach((list, index) => {
    if (list === undefined) return
    const add = (position: number): void => {
      rows.push(list[position])
      owners.push([index, position])
    }
    for (let position = 0; position < Math.min(first, list.length); position++) add(position)
    if (last && list.length > first) add(list.length - 1)
  })
  const placeOfRow: Place = (i, suffix) => {
    const [index, position] = owners[i]!
    return place(index, `[${position}]${suffix}`)
  }
  const [walked, pending] = resolve(program, rows, placeOfRow, tolerance)
  return pending === undefined ? then(records(walked)) : andThen(pending, () => then(records(walked)))
}
