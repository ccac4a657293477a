import type * as Effect from "effect/Effect"
import { absent } from "../base/codec.ts"
import { isArray, isRow, type Place } from "../base/fault.ts"
import type { ManyNode, Node, OneNode, Via } from "../definition/model.ts"
import * as absence from "./absence.ts"
import { aggregate } from "./aggregate.ts"
import { collect } from "./collect.ts"
import * as generate from "./generate.ts"
import { lookUp } from "./lookUp.ts"
import type { NodeValues, Pending, Pointers, Program, Reader, RowValues, Values, Walk } from "./model.ts"
import { needsEffect } from "./needsEffect.ts"
import { all, andThen } from "./pending.ts"
import { placeOf, refuse, wrong } from "./place.ts"
import * as reader from "./reader.ts"
import * as record from "./record.ts"
import type { Tolerance } from "./tolerance.ts"
import { outcomeOf } from "./trace.ts"
import { unresolved } from "./unresolved.ts"

/** The purpose of a walk. */
interface Purpose {
  readonly tolerance?: Tolerance | undefined
  /** Whether to stop at the first asynchronous answer, by throwing `needsEffect`. */
  readonly now?: boolean
  readonly pointers?: Pointers
}

const atRoot: ReadonlyArray<string> = [""]

const start = (
  program: Program,
  count: number,
  place: Place,
  { now = false, pointers = () => atRoot, tolerance }: Purpose
): Walk => {
  const { length } = program.layout.nodes
  return {
    program,
    count,
    place,
    pointers,
    tolerance,
    now,
    invalid: false,
    related: new Array<ReadonlyArray<unknown>>(length),
    values: new Array<undefined>(length),
    rowIndexes: new Array<undefined>(length),
    batches: []
  }
}

/**
 * Reads rows, and resolves everything that their values need, without an Effect if every resolver is synchronous. It resolves each relation for
 * all rows together, and then that relation's own relations. Rows are read before the walk waits for anything, and related rows when they come.
 * A single row has a faster walk with the same results (`oneRow.ts`).
 */
export const resolve = (
  program: Program,
  rows: ReadonlyArray<unknown>,
  place: Place,
  purpose: Purpose = {}
): readonly [Walk, Pending] => {
  const { root } = program.layout
  const walk = start(program, rows.length, place, purpose)
  // The caller's array may change while a loader runs, and may have holes, which its own methods skip.
  const own = rows.slice()
  walk.related[0] = own
  for (let i = 0; i < rows.length; i++) {
    if (!isRow(rows[i])) own[i] = refuse(walk, root, i, "a row", rows[i])
  }
  return [walk, expand(walk, root)]
}

/** The values of all rows, after everything is resolved. */
export const records = (walk: Walk): Array<Values> => {
  const { nodes } = walk.program.layout
  const values = new Array<NodeValues | undefined>(nodes.length)
  const rowIndexes = new Array<number>(nodes.length)
  const records = new Array<Values>(walk.count)
  for (let index = 0; index < walk.count; index++) {
    // Each comes after its parent.
    for (const { id, parent } of nodes) {
      const rowIndex = parent === undefined ? index : rowIndexes[parent.id]!
      rowIndexes[id] = walk.rowIndexes[id]?.[rowIndex] ?? rowIndex
      values[id] = walk.values[id]?.[rowIndexes[id]]
    }
    records[index] = record.make(walk.program, values, index, walk.place, walk)
  }
  return records
}

const expand = (walk: Walk, node: OneNode): Pending => {
  const pendings: Array<Effect.Effect<void, any, any>> = []
  const add = (pending: Pending): void => {
    if (pending !== undefined) pendings.push(pending)
  }
  add(read(walk, node))
  for (const child of node.children) {
    if (child._tag === "Many") add(resolveMany(walk, child))
    else {
      const pending = resolveOne(walk, child)
      add(pending === undefined ? expand(walk, child) : andThen(pending, () => expand(walk, child)))
    }
  }
  return all(pendings)
}

/** Reads the rows of a node, and adds the asynchronous computed attributes to their values. */
const read = (walk: Walk, node: OneNode): Pending => {
  const { checked } = walk.program
  const rows = walk.related[node.id]!
  const values = new Array<RowValues | undefined>(rows.length)
  const pendings: Array<Effect.Effect<void, any, any>> = []
  const columns = new Map<number, ReadonlyArray<unknown>>()
  for (const index of node.computed) {
    const field = node.entity.fields[index]!
    if (!("compute" in field.source)) continue
    const [column, pending] = collect(walk, node, `.${field.name}`, field.codec.expected, field.source.compute, {
      without: absent,
      arrived: (rowIndex, value) =>
        void (values[rowIndex]![node.keys[index]!] = reader.encoded(field, value, checked, walk))
    })
    columns.set(index, column)
    if (pending !== undefined) pendings.push(pending)
  }
  const readRow = readerOf(walk.program, node)
  const computed: Array<unknown> = []
  for (let rowIndex = 0; rowIndex < rows.length; rowIndex++) {
    const row = rows[rowIndex]
    if (row === undefined) continue
    for (const [index, column] of columns) computed[index] = column[rowIndex]
    values[rowIndex] = readRow(row, computed, walk)
  }
  walk.values[node.id] = values
  return all(pendings)
}

/** The reader of a node's rows, made once. */
export const readerOf = (program: Program, node: OneNode): Reader => {
  const known = program.readers[node.id]
  if (known !== undefined) return known
  const slow = reader.of(node, program.checked)
  return (program.readers[node.id] = generate.reader(program, node, slow) ?? slow)
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
        // A loader reports its missing rows itself.
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

/** Reads the rows of all parents together, and values the parts that the aggregates need. */
const aggregateMany = (
  walk: Walk,
  node: ManyNode,
  lists: ReadonlyArray<ReadonlyArray<unknown> | undefined>
): Pending => {
  const program = walk.program.many.get(node)!
  const { first, last, program: nested } = program.records ?? none
  const place: Place = (index, rest) => placeOf(walk, node, index, rest)
  const counts = lists.map((list) => list?.length)
  const pointers = (index: number, position: number): ReadonlyArray<string> =>
    walk.pointers(index).flatMap((at) => pointersOf(node, lists[index]!.length, position).map((own) => at + own))
  const [records, recordsPending] = valued(nested, lists, first, last, place, walk, pointers)
  const [attributes, attributesPending] = valued(
    program.attributes,
    lists,
    Number.POSITIVE_INFINITY,
    false,
    place,
    walk
  )
  const settle = (): Pending => {
    walk.values[node.id] = aggregate(program, counts, records(), attributes(), place, walk.tolerance)
    return undefined
  }
  const pending = all([recordsPending, attributesPending].filter((pending) => pending !== undefined))
  if (pending === undefined) return settle()
  if (!walk.program.loads) walk.program.answers.later = true
  return andThen(pending, settle)
}
const none = { program: undefined, first: 0, last: false }

/** Where the record of a row stands among the aggregates of its relation. Flat keys need no escape. */
const pointersOf = ({ keys, relation }: ManyNode, count: number, position: number): ReadonlyArray<string> => {
  const all = relation.compiled.flatMap(({ keys, needs }) => keys.map(({ records }) => ({ needs, records })))
  return all.flatMap(({ needs, records }, index) => {
    if (records === undefined) return []
    if (records !== "one") return position < records.max ? [`/${keys[index]!}/${position}`] : []
    return position === (needs.last ? count - 1 : 0) ? [`/${keys[index]!}`] : []
  })
}

/** The values of the aggregates of one parent's rows, once there is nothing more to wait for. */
export const aggregateOne = (
  program: Program,
  node: ManyNode,
  rows: ReadonlyArray<unknown>,
  place: Place,
  tolerance: Tolerance | undefined
): readonly [values: () => NodeValues | undefined, Pending] => {
  const walk = start(program, 1, place, { tolerance })
  const pending = aggregateMany(walk, node, [rows])
  return [() => walk.values[node.id]?.[0], pending]
}

/** The aggregates of one row's to-many relation, or undefined if they need an Effect. */
export const manyNow = (
  program: Program,
  node: ManyNode,
  parent: unknown,
  place: Place
): ReadonlyArray<unknown> | undefined => {
  const walk = start(program, 1, place, { now: true })
  walk.related[node.parent.id] = [parent]
  try {
    resolveMany(walk, node)
  } catch (thrown) {
    if (thrown !== needsEffect) throw thrown
    program.answers.later = true
    return undefined
  }
  return (walk.values[node.id]![0] as ReadonlyArray<unknown> | undefined) ?? node.keys.map(() => absent)
}

type Records = ReadonlyArray<Values>

/** Reads the first rows of every list, and the last, in one walk, and returns their records once all have arrived. */
const valued = (
  program: Program | undefined,
  lists: ReadonlyArray<ReadonlyArray<unknown> | undefined>,
  first: number,
  last: boolean,
  place: Place,
  { now, tolerance }: Walk,
  pointers: (index: number, position: number) => ReadonlyArray<string> = () => []
): readonly [records: () => Records, Pending] => {
  if (program === undefined) return [() => [], undefined]
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
  const [walk, pending] = resolve(program, rows, placeOfRow, {
    now,
    tolerance,
    pointers: (i) => pointers(...owners[i]!)
  })
  return [() => records(walk), pending]
}
