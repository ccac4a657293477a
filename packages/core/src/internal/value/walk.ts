import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Cause from "effect/Cause"
import { InvalidRow, MissingRow } from "../../RowError.ts"
import { comesLater, from } from "../base/userFunction.ts"
import { absent, mismatch } from "../base/codec.ts"
import { read } from "../definition/field.ts"
import { fromThrown, invalidRow, type Place, rejected, unanswered } from "../base/fault.ts"
import type { ManyNode, Node, OneNode, Via } from "../definition/model.ts"
import * as batch from "../load/batch.ts"
import type { Batch, LoadedRows, LookupImpl } from "../load/model.ts"
import type { Pending, Program, Values, Walk } from "./model.ts"
import { slotOf } from "./slots.ts"
import { aggregate } from "./aggregate.ts"
import type { Tolerance } from "./tolerance.ts"

/**
 * Resolves everything that the rows' values need. Where every resolver answers at once, so does this, without an Effect.
 * A relation is resolved for all rows together, and its own relations as soon as it is.
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
    slots: new Array<undefined>(nodes.length),
    computed: new Array<undefined>(nodes.length),
    batches: []
  }
  // The caller's array may change while a loader runs, and may have holes that no callback of its own would see.
  const own = rows.slice()
  walk.related[0] = own
  for (let i = 0; i < rows.length; i++) if (!isRow(rows[i])) own[i] = refuse(walk, root, i, "a row", rows[i])
  return [walk, expand(walk, root)]
}

/** The values of every row, once everything is resolved. */
export const records = (walk: Walk): Array<Values> =>
  walk.tolerance === undefined ? walk.program.write(walk) : walk.program.interpret(walk)

/** What stands for a row that could not be resolved, until it is left out. */
const failed = Symbol("failed")

const isRow = (value: unknown): value is object => typeof value === "object" && value !== null

const suffixOf = (walk: Walk, node: Node): string => node.path.slice(walk.program.layout.root.path.length)

/** The first of the rows that are valued to which one of a node's rows belongs. */
const indexOf = (walk: Walk, node: Node, slot: number): number => {
  for (let index = 0; index < walk.count; index++) if (slotOf(walk, node, index) === slot) return index
  return 0
}

/** Where one of a node's rows is. */
const placeOf = (walk: Walk, node: Node, slot: number, rest = ""): string =>
  walk.place(indexOf(walk, node, slot), suffixOf(walk, node) + rest)

/** Something that a resolver gave is not what it should be. What stands for it is nothing. */
const refuse = (walk: Walk, node: Node, slot: number, expected: string, value: unknown): undefined =>
  wrong(
    walk,
    invalidRow(walk.program.entity.name, placeOf(walk, node, slot), expected, value),
    node.parent !== undefined
  )

const wrong = (walk: Walk, error: InvalidRow | MissingRow, resolving: boolean): undefined => {
  if (walk.tolerance === undefined) throw error
  walk.tolerance.add(error, resolving)
  return undefined
}

/** What is resolved with an Effect, which a tolerant walk goes on without. */
const tolerated = <R>(
  walk: Walk,
  effect: Effect.Effect<void, any, R>,
  path: () => string,
  expected: string,
  without: () => void
): Effect.Effect<void, any, R> => {
  const { tolerance } = walk
  if (tolerance === undefined) return effect
  return Effect.catchCause(patient(effect, tolerance, path), (cause) =>
    Cause.hasInterruptsOnly(cause)
      ? Effect.failCause(cause)
      : Effect.sync(() => {
          tolerance.failed(path(), expected, cause)
          without()
        })
  )
}

/** An effect that is given up with its event. It may take no notice of that, and so runs in a fiber of its own. */
const patient = <R>(
  effect: Effect.Effect<void, any, R>,
  tolerance: Tolerance,
  path: () => string
): Effect.Effect<void, any, R> =>
  Effect.withFiber((parent: Fiber.Fiber<any, any>) =>
    Effect.callback<void, any>((resume) => {
      const fiber = Effect.runForkWith(parent.context as Context.Context<R>)(effect, {
        scheduler: parent.cache.scheduler
      })
      const done = tolerance.waitFor((reason) => {
        resume(Effect.fail(unanswered(path(), reason)))
        fiber.interruptUnsafe()
      })
      fiber.addObserver((exit) => {
        done()
        resume(exit)
      })
      return Effect.suspend(() => {
        done()
        return Fiber.interrupt(fiber)
      })
    })
  )

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

/** Asks for a value for every row of a node that is there. Those that come as effects are run together. */
const collect = (
  walk: Walk,
  node: Node,
  rest: string,
  what: string,
  ask: (row: unknown) => unknown,
  without: unknown = failed
): readonly [Array<unknown>, Pending] => {
  const rows = walk.related[node.id]!
  const out = new Array<unknown>(rows.length)
  const effects: Array<Effect.Effect<void, any, any>> = []
  for (let slot = 0; slot < rows.length; slot++) {
    const row = rows[slot]
    if (row === undefined) continue
    try {
      const answer = ask(row)
      if (comesLater(answer)) {
        walk.program.answers.later = true
        const keep = (value: unknown): void => void (out[slot] = value)
        const path = (): string => placeOf(walk, node, slot, rest)
        const later = Effect.map(
          from(answer, (cause) => rejected(path(), cause)),
          keep
        )
        effects.push(tolerated(walk, later, path, what, () => keep(without)))
      } else out[slot] = answer
    } catch (thrown) {
      out[slot] = without
      wrong(walk, fromThrown(walk.program.entity.name, placeOf(walk, node, slot, rest), what, thrown), true)
    }
  }
  return [out, all(effects)]
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
    : collect(walk, node.parent!, rest, "a related row", via.resolve)
}

const noKey = Symbol("noKey")

const lookUp = (walk: Walk, node: Node, rest: string, lookup: LookupImpl): readonly [Array<unknown>, Pending] => {
  const { required, source } = lookup.loader
  const parent = node.parent!
  const wanted = new Map<unknown, unknown>()
  const ids: Array<unknown> = [noKey]
  const places = new Map<unknown, number>()
  const [found] = collect(walk, parent, rest, "a key", (row) => {
    const key = lookup.key(row)
    if (comesLater(key)) return mismatch("a key that is there at once", key)
    const id = key === null || key === undefined ? noKey : source.hash(key)
    let slot = places.get(id)
    if (slot === undefined) {
      places.set(id, (slot = ids.push(id) - 1))
      if (id !== noKey) wanted.set(id, key)
    }
    return slot
  })
  for (let slot = 0; slot < found.length; slot++) found[slot] ??= 0
  walk.slots[node.id] = found as ReadonlyArray<number>
  const out = new Array<unknown>(ids.length)
  const take = (rows: LoadedRows): Effect.Effect<void, MissingRow> => {
    for (let slot = 1; slot < ids.length; slot++) {
      const row = rows.get(ids[slot])
      if (source.many) out[slot] = row ?? []
      else if (row !== undefined || !required) out[slot] = row
      else {
        const missing = new MissingRow({ path: placeOf(walk, node, slot), key: wanted.get(ids[slot]) ?? null })
        if (walk.tolerance === undefined) return Effect.fail(missing)
        walk.tolerance.add(missing, true)
      }
    }
    return Effect.void
  }
  if (wanted.size > 0) {
    const joined = walk.tolerance?.trace && ((one: Batch): void => void (walk.batches[node.id] = [one, wanted]))
    const loaded = Effect.flatMap(batch.load(source, wanted, joined), take)
    const without = (): void => void out.fill(failed, 1)
    return [out, tolerated(walk, loaded, () => placeOf(walk, node, 1), "a related row", without)]
  }
  if (required && ids.length > 1) return [out, take(new Map())]
  if (source.many && ids.length > 1) out[1] = []
  return [out, undefined]
}

/** Tells whoever looks on how a relation was resolved. It is missing where none of the rows has one, and failed where one failed. */
const trace = (walk: Walk, node: Node, since: number | undefined, out: ReadonlyArray<unknown>): void => {
  if (since === undefined || walk.related[node.parent!.id]!.every((row) => row === undefined)) return
  const outcome = out.includes(failed)
    ? "failed"
    : out.some((row) => row !== undefined && row !== null)
      ? "resolved"
      : "missing"
  const path = placeOf(walk, node, 0).replaceAll(/\[\d+\]/g, "[]")
  const [batch, wanted] = walk.batches[node.id] ?? []
  walk.tolerance!.trace!.ended(path, outcome, since, batch, wanted?.keys() ?? [])
}

const resolveOne = (walk: Walk, node: OneNode): Pending => {
  const since = walk.tolerance?.trace?.now
  const [out, pending] = ask(walk, node, node.relation!.via)
  const settle = (): Pending => {
    trace(walk, node, since, out)
    walk.related[node.id] = out
    for (let slot = 0; slot < out.length; slot++) {
      const row = out[slot]
      if (row === null || row === failed) out[slot] = undefined
      else if (row !== undefined && !isRow(row)) out[slot] = refuse(walk, node, slot, "a row or nothing", row)
    }
    return undefined
  }
  return pending === undefined ? settle() : andThen(pending, settle)
}

const resolveMany = (walk: Walk, node: ManyNode): Pending => {
  const since = walk.tolerance?.trace?.now
  const [out, pending] = ask(walk, node, node.relation.via)
  const settle = (): Pending => {
    trace(walk, node, since, out)
    const looked = "lookup" in node.relation.via
    const parents = walk.related[node.parent.id]!
    for (let slot = 0; slot < out.length; slot++) {
      const there = looked ? slot > 0 : parents[slot] !== undefined
      if (out[slot] === failed) out[slot] = undefined
      else if (there && !Array.isArray(out[slot])) out[slot] = refuse(walk, node, slot, "an array of rows", out[slot])
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

/** The values of the aggregates of one row's to-many relation, or nothing where they need an Effect. */
export const manyNow = (
  program: Program,
  node: ManyNode,
  parent: unknown,
  place: Place,
  tolerance?: Tolerance
): ReadonlyArray<unknown> | undefined => {
  const walk: Walk = { program, count: 1, place, tolerance, related: [], slots: [], computed: [], batches: [] }
  walk.related[node.parent.id] = [parent]
  return resolveMany(walk, node) === undefined
    ? ((walk.related[node.id]![0] as ReadonlyArray<unknown> | undefined) ?? node.keys.map(() => absent))
    : undefined
}

type Records = ReadonlyArray<Values>

/** Values so many of the first rows of every list, and the last, in one walk, then goes on with their records. */
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
