import * as Effect from "effect/Effect"
import { InvalidRow, MissingRow } from "../RowError.ts"
import { read, type Via } from "./entity.ts"
import { fromThrown, invalidRow, type Place } from "./fault.ts"
import type { ManyNode, Node, OneNode } from "./layout.ts"
import * as loader from "./loader.ts"
import type { Program } from "./program.ts"
import { aggregate } from "./aggregate.ts"

/** What is left to run before the walk can go on, or nothing where all of it was there already. */
export type Pending = Effect.Effect<void, any, any> | undefined

/** Some rows of one entity on their way to values, level by level. */
export interface Walk {
  readonly program: Program
  readonly count: number
  readonly place: Place
  /** By node: for each row the related row, or undefined; for a to-many relation the values of its aggregates. */
  readonly related: Array<ReadonlyArray<unknown>>
  /** By node and field: for each row what a computed attribute gave. */
  readonly computed: Array<ReadonlyArray<ReadonlyArray<unknown> | undefined> | undefined>
}

/**
 * Resolves everything that the rows' values need. Where every resolver answers at once, so does this, without an Effect.
 * A relation is resolved for all rows together, and its own relations as soon as it is.
 */
export const resolve = (program: Program, rows: ReadonlyArray<unknown>, place: Place): readonly [Walk, Pending] => {
  const { nodes, root } = program.layout
  const walk: Walk = {
    program,
    count: rows.length,
    place,
    related: new Array<ReadonlyArray<unknown>>(nodes.length),
    computed: new Array<undefined>(nodes.length)
  }
  walk.related[0] = rows.map((row, i) => (isRow(row) ? row : refuseRow(walk, i, "", "a row", row)))
  return [walk, expand(walk, root)]
}

/** The values of every row, once everything is resolved. */
export const records = (walk: Walk): Array<Record<string, unknown>> => walk.program.write(walk)

const isRow = (value: unknown): value is object => typeof value === "object" && value !== null

const suffixOf = (walk: Walk, node: Node): string => node.path.slice(walk.program.layout.root.path.length)

const refuseRow = (walk: Walk, index: number, suffix: string, expected: string, value: unknown): never => {
  throw invalidRow(walk.program.entity.name, walk.place(index, suffix), expected, value)
}

/** Goes on after an effect; what the continuation throws about a row becomes the failure. */
const andThen = (effect: Effect.Effect<unknown, any, any>, f: () => Pending): Effect.Effect<void, any, any> =>
  Effect.flatMap(effect, () => guarded(() => f() ?? Effect.void))

/** Runs what throws only `InvalidRow`, as an Effect. */
export const guarded = <A>(f: () => Effect.Effect<A, any, any>): Effect.Effect<A, any, any> => {
  try {
    return f()
  } catch (thrown) {
    return thrown instanceof InvalidRow ? Effect.fail(thrown) : Effect.die(thrown)
  }
}

const all = (pendings: ReadonlyArray<Effect.Effect<void, any, any>>): Pending =>
  pendings.length === 0
    ? undefined
    : pendings.length === 1
      ? pendings[0]
      : Effect.all(pendings, { concurrency: "unbounded", discard: true })

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

/** Asks for a value for every row that is there. Those that come as effects are run together. */
const collect = (
  walk: Walk,
  rows: ReadonlyArray<unknown>,
  suffix: string,
  what: string,
  ask: (row: unknown) => unknown
): readonly [Array<unknown>, Pending] => {
  const out = new Array<unknown>(walk.count)
  const effects: Array<Effect.Effect<void, any, any>> = []
  for (let i = 0; i < walk.count; i++) {
    const row = rows[i]
    if (row === undefined) continue
    try {
      const answer = ask(row)
      if (Effect.isEffect(answer)) {
        walk.program.answers.later = true
        effects.push(Effect.map(answer, (value) => void (out[i] = value)))
      } else out[i] = answer
    } catch (thrown) {
      throw fromThrown(walk.program.entity.name, walk.place(i, suffix), what, thrown)
    }
  }
  return [out, all(effects)]
}

const compute = (walk: Walk, node: OneNode): Pending => {
  const rows = walk.related[node.id]!
  const computed: Array<ReadonlyArray<unknown> | undefined> = []
  walk.computed[node.id] = computed
  const pendings: Array<Effect.Effect<void, any, any>> = []
  node.entity.fields.forEach((field, index) => {
    if ("path" in field.source) return
    const [out, pending] = collect(walk, rows, `${suffixOf(walk, node)}.${field.name}`, field.codec.expected, (row) =>
      read(field.source, row)
    )
    computed[index] = out
    if (pending !== undefined) pendings.push(pending)
  })
  return all(pendings)
}

const ask = (walk: Walk, node: Node, via: Via, parents: ReadonlyArray<unknown>): readonly [Array<unknown>, Pending] =>
  "lookup" in via
    ? lookUp(walk, node, via.lookup, parents)
    : collect(walk, parents, suffixOf(walk, node), "a related row", via.resolve)

const lookUp = (
  walk: Walk,
  node: Node,
  lookup: loader.LookupImpl,
  parents: ReadonlyArray<unknown>
): readonly [Array<unknown>, Pending] => {
  const { required, source } = lookup.loader
  const wanted = new Map<unknown, unknown>()
  const [ids] = collect(walk, parents, suffixOf(walk, node), "a key", (row) => {
    const key = lookup.key(row)
    if (key === null || key === undefined) return key
    const id = source.hash(key)
    if (!wanted.has(id)) wanted.set(id, key)
    return id
  })
  const out = new Array<unknown>(walk.count)
  const take = (rows: loader.Found): Effect.Effect<void, MissingRow> => {
    for (let i = 0; i < ids.length; i++) {
      if (parents[i] === undefined) continue
      const id = ids[i]
      const row = rows.get(id)
      if (row === undefined && required && !source.many) {
        return Effect.fail(new MissingRow({ path: walk.place(i, suffixOf(walk, node)), key: wanted.get(id) ?? id }))
      }
      out[i] = row
    }
    return Effect.void
  }
  if (wanted.size > 0) return [out, Effect.flatMap(loader.load(source, wanted), take)]
  return required ? [out, take(new Map())] : [out, undefined]
}

const resolveOne = (walk: Walk, node: OneNode): Pending => {
  const [out, pending] = ask(walk, node, node.relation!.via, walk.related[node.parent!.id]!)
  const settle = (): Pending => {
    for (let i = 0; i < out.length; i++) {
      const row = out[i]
      if (row === null) out[i] = undefined
      else if (row !== undefined && !isRow(row)) refuseRow(walk, i, suffixOf(walk, node), "a row or nothing", row)
    }
    walk.related[node.id] = out
    return undefined
  }
  return pending === undefined ? settle() : andThen(pending, settle)
}

const resolveMany = (walk: Walk, node: ManyNode): Pending => {
  const parents = walk.related[node.parent.id]!
  const [out, pending] = ask(walk, node, node.relation.via, parents)
  const settle = (): Pending => {
    for (let i = 0; i < out.length; i++) {
      if (parents[i] === undefined) continue
      if (out[i] === undefined && "lookup" in node.relation.via) out[i] = []
      if (!Array.isArray(out[i])) refuseRow(walk, i, suffixOf(walk, node), "an array of rows", out[i])
    }
    return aggregateMany(walk, node, out as Array<ReadonlyArray<unknown> | undefined>)
  }
  return pending === undefined ? settle() : andThen(pending, settle)
}

/** Values what the aggregates read, the rows of all parents together. */
const aggregateMany = (
  walk: Walk,
  node: ManyNode,
  lists: ReadonlyArray<ReadonlyArray<unknown> | undefined>
): Pending => {
  const program = walk.program.many.get(node)!
  const place: Place = (index, suffix) => walk.place(index, suffixOf(walk, node) + suffix)
  return valued(program.items?.program, lists, program.items?.max ?? 0, place, (nested) =>
    valued(program.attributes, lists, Number.POSITIVE_INFINITY, place, (flat) => {
      walk.related[node.id] = aggregate(program, lists, nested, flat, place)
      return undefined
    })
  )
}

/** The values of the aggregates of one row's to-many relation, or nothing where they need an Effect. */
export const manyNow = (
  program: Program,
  node: ManyNode,
  parent: unknown,
  place: Place
): ReadonlyArray<unknown> | undefined => {
  const walk: Walk = { program, count: 1, place, related: [], computed: [] }
  walk.related[node.parent.id] = [parent]
  return resolveMany(walk, node) === undefined ? (walk.related[node.id]![0] as ReadonlyArray<unknown>) : undefined
}

type Records = ReadonlyArray<Record<string, unknown>>

/** Values the first `max` rows of every list in one walk, then goes on with their records. */
const valued = (
  program: Program | undefined,
  lists: ReadonlyArray<ReadonlyArray<unknown> | undefined>,
  max: number,
  place: Place,
  then: (records: Records) => Pending
): Pending => {
  if (program === undefined) return then([])
  const rows: Array<unknown> = []
  const owners: Array<readonly [index: number, position: number]> = []
  lists.forEach((list, index) => {
    if (list === undefined) return
    for (let position = 0; position < Math.min(max, list.length); position++) {
      rows.push(list[position])
      owners.push([index, position])
    }
  })
  const [walked, pending] = resolve(program, rows, (i, suffix) => {
    const [index, position] = owners[i]!
    return place(index, `[${position}]${suffix}`)
  })
  return pending === undefined ? then(records(walked)) : andThen(pending, () => then(records(walked)))
}
