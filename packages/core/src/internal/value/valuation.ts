import * as Effect from "effect/Effect"
import { InvalidRow } from "../../RowError.ts"
import { forget } from "./answers.ts"
import * as closures from "./closures.ts"
import { implOf } from "../definition/entity.ts"
import type { EntityFace, EntityImpl } from "../definition/model.ts"
import { invalidRow, type Place } from "../base/fault.ts"
import * as generate from "./generate.ts"
import {
  type Direct,
  type ManyNow,
  memoOf,
  type Pending,
  type Program,
  type Valuer,
  type Values,
  type Walk
} from "./model.ts"
import { needsEffect } from "./needsEffect.ts"
import { all, flatMap, guarded, rowFailure } from "./pending.ts"
import * as programs from "./program.ts"
import * as laterAnswer from "./laterAnswer.ts"
import * as oneRow from "./oneRow.ts"
import type { Tolerance } from "./tolerance.ts"
import * as walk from "./walk.ts"

export const valuerOf = (entity: EntityImpl): Valuer => (memoOf(entity).valuer ??= makeValuer(entity))

const makeValuer = (entity: EntityImpl): Valuer => {
  const program = programs.of(entity)
  const place = (_: number, suffix: string): string => entity.name + suffix
  const interpret = (row: unknown): Values | typeof needsEffect => {
    try {
      return walk.records(walk.resolve(program, [row], place, { now: true })[0])[0]!
    } catch (thrown) {
      if (thrown === needsEffect) return needsEffect
      throw thrown
    }
  }
  const direct = (invalid: Direct): Direct =>
    program.loads ? () => needsEffect : makeDirect(program, manyNowOf(program, place), invalid)
  return { program, place, now: direct(interpret), valid: direct(() => needsEffect) }
}

const manyNowOf =
  (program: Program, place: Place): ManyNow =>
  (node, row) =>
    walk.manyNow(program, node, row, place)

/**
 * Values a row after some leading keys, as one object, or undefined if that cannot be generated. Returns `needsEffect` if the row cannot be
 * valued synchronously.
 */
export const behind = ({ place, program }: Valuer, leading: ReadonlyArray<string>): Direct | undefined =>
  program.loads ? undefined : generate.direct(program, manyNowOf(program, place), () => needsEffect, leading)

const makeDirect = (program: Program, manyNow: ManyNow, invalid: Direct): Direct =>
  generate.direct(program, manyNow, invalid) ?? closures.direct(program, manyNow, invalid) ?? invalid

const one = (valuer: Valuer, row: unknown): Effect.Effect<Values, unknown, any> => {
  if (!valuer.program.answers.later) {
    const values = valuer.valid(row)
    if (values !== needsEffect) return Effect.succeed(values)
  }
  return oneRow.value(valuer, row)
}

const several = (valuer: Valuer, rows: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<Values>, unknown, any> => {
  const { name } = valuer.program.entity
  if (!Array.isArray(rows)) return Effect.fail(invalidRow(name, name, "an array of rows", rows))
  const walks: Array<Walk> = []
  const pendings: Array<Exclude<Pending, undefined>> = []
  for (let first = 0; first < rows.length; first += most) {
    const place: Place = (index, suffix) => `${name}[${first + index}]${suffix}`
    const [walked, pending] = walk.resolve(valuer.program, rows.slice(first, first + most), place)
    walks.push(walked)
    if (pending !== undefined) pendings.push(pending)
  }
  const records = (): ReadonlyArray<Values> => new Array<Values>().concat(...walks.map(walk.records))
  const pending = all(pendings)
  return pending === undefined
    ? Effect.succeed(records())
    : flatMap(pending, () => guarded(() => Effect.succeed(records())))
}

/** The rows of one walk. V8 allocates the memory of an array of more than 16,000 elements anew each time. Walks at the same time share batches. */
const most = 10_000

/** Both ways to call: with the entity alone, which returns a function to reuse, and with the rows. */
interface Overloaded<A> {
  (entity: EntityFace): (input: any) => A
  (entity: EntityFace, input: unknown): A
}
const overloaded = <A>(f: (valuer: Valuer, input: any) => A): Overloaded<A> => {
  const call = (...args: readonly [EntityFace, unknown?]): A | ((input: unknown) => A) => {
    const valuer = valuerOf(implOf(args[0]))
    return args.length > 1 ? f(valuer, args[1]) : (input) => f(valuer, input)
  }
  return call as Overloaded<A>
}

/** The caller's signature has the types of its errors and services. */
type AnyValues = Effect.Effect<any>

export const values = overloaded((valuer, row) => Effect.suspend(() => one(valuer, row)) as AnyValues)

/** `values` of a row that is read now: an Exit if nothing is asynchronous. Run it once. */
export const valuesUnsafe = (entity: EntityFace, row: unknown): AnyValues => {
  const valuer = valuerOf(implOf(entity))
  try {
    return one(valuer, row) as AnyValues
  } catch (thrown) {
    return rowFailure(thrown) as Effect.Effect<never>
  }
}

/** The same for many rows. */
export const valuesAllUnsafe = (entity: EntityFace, rows: ReadonlyArray<unknown>): AnyValues => {
  const valuer = valuerOf(implOf(entity))
  return guarded(() => several(valuer, rows)) as AnyValues
}

/**
 * The values of a row without its invalid parts, which are reported to the tolerance. Reads the row now; what comes later is added by the Effect,
 * which fails only by interruption.
 */
export const tolerant = (valuer: Valuer, row: unknown, tolerance: Tolerance): Effect.Effect<Values, never, any> =>
  oneRow.value(valuer, row, tolerance) as Effect.Effect<Values, never, any>

export const valuesAll = overloaded(
  (valuer, rows) => Effect.suspend(() => guarded(() => several(valuer, rows))) as AnyValues
)

export const valuesSync = overloaded((valuer, row): any => {
  const values = valuer.now(row)
  if (values !== needsEffect) return values
  forget()
  const { entity } = valuer.program
  throw new InvalidRow({
    entity: entity.name,
    expected: "an answer at once",
    ...(laterAnswer.find(entity, row) ?? { path: entity.name, actual: "an asynchronous answer" }),
    remedy: "Use Entity.values, which waits for it."
  })
})
