import * as Effect from "effect/Effect"
import { InvalidRow } from "../../RowError.ts"
import * as closures from "./closures.ts"
import { implOf } from "../definition/entity.ts"
import type { EntityFace, EntityImpl } from "../definition/model.ts"
import { invalidRow, type Place } from "../base/fault.ts"
import * as generate from "./generate.ts"
import {
  type Direct,
  type ManyNow,
  memoOf,
  needsEffect,
  type Program,
  type RowWriter,
  type Valuer,
  type Values
} from "./model.ts"
import { guarded } from "./pending.ts"
import * as programs from "./program.ts"
import * as record from "./record.ts"
import * as laterAnswer from "./laterAnswer.ts"
import * as oneRow from "./oneRow.ts"
import type { Tolerance } from "./tolerance.ts"
import * as walk from "./walk.ts"

export const valuerOf = (entity: EntityImpl): Valuer => (memoOf(entity).valuer ??= makeValuer(entity))

const makeValuer = (entity: EntityImpl): Valuer => {
  const program = programs.of(entity)
  const place: Place = (_, suffix) => entity.name + suffix
  const interpret = (row: unknown): Values | typeof needsEffect => {
    const [walked, pending] = walk.resolve(program, [row], place)
    return pending === undefined ? record.interpret(walked, 0) : needsEffect
  }
  const now = program.loads ? undefined : makeDirect(program, place, interpret)
  const interpretRow = (...[related, computed, tolerance]: [...Parameters<RowWriter>, Tolerance?]): Values =>
    record.interpret(
      {
        program,
        count: 1,
        place,
        tolerance,
        rowIndexes: [],
        batches: [],
        related: Array.from(related, (row) => [row]),
        computed: Array.from(computed, (values) => values && Array.from(values, (one) => [one]))
      },
      0
    )
  return {
    program,
    place,
    now: now ?? interpret,
    oneRow: oneRow.fits(program)
      ? {
          program,
          place,
          write: generate.rowWriter(program, interpretRow) ?? interpretRow,
          tolerant: interpretRow,
          later: (row, tolerance) => Effect.suspend(() => guarded(() => walkOne(program, row, place, tolerance)))
        }
      : undefined,
    tried: program.layout.nodes.every((node) => node.relation === undefined || "lookup" in node.relation.via)
  }
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

const makeDirect = (program: Program, place: Place, interpret: Direct): Direct | undefined => {
  const manyNow = manyNowOf(program, place)
  return generate.direct(program, manyNow, interpret) ?? closures.direct(program, manyNow, interpret)
}

const walkOne = (
  program: Program,
  row: unknown,
  place: Place,
  tolerance?: Tolerance
): Effect.Effect<Values, unknown, any> => {
  const [walked, pending] = walk.resolve(program, [row], place, tolerance)
  return pending === undefined
    ? Effect.succeed(walk.records(walked)[0]!)
    : Effect.flatMap(pending, () => guarded(() => Effect.succeed(walk.records(walked)[0]!)))
}

const one = (valuer: Valuer, row: unknown): Effect.Effect<Values, unknown, any> => {
  const { program } = valuer
  if (!program.loads && !program.answers.later) {
    const values = valuer.now(row)
    if (values !== needsEffect) return Effect.succeed(values)
    program.answers.later = true
  }
  valuer.tried = true
  return walkOne(program, row, valuer.place)
}

const several = (valuer: Valuer, rows: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<Values>, unknown, any> => {
  const { name } = valuer.program.entity
  if (!Array.isArray(rows)) return Effect.fail(invalidRow(name, name, "an array of rows", rows))
  const [walked, pending] = walk.resolve(valuer.program, rows, (index, suffix) => `${name}[${index}]${suffix}`)
  return pending === undefined
    ? Effect.succeed(walk.records(walked))
    : Effect.flatMap(pending, () => guarded(() => Effect.succeed(walk.records(walked))))
}

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
type Answer = Effect.Effect<any>

export const values = overloaded(
  (valuer, row) =>
    (valuer.oneRow !== undefined && valuer.tried && !valuer.program.answers.later
      ? oneRow.value(valuer.oneRow, row)
      : Effect.suspend(() => guarded(() => one(valuer, row)))) as Answer
)

/** The values of a row without its invalid parts, which are reported to the tolerance. Fails only by interruption. */
export const tolerant = (valuer: Valuer, row: unknown, tolerance: Tolerance): Effect.Effect<Values, never, any> => {
  const { place, program } = valuer
  if (valuer.oneRow !== undefined && valuer.tried && !program.answers.later) {
    return oneRow.value(valuer.oneRow, row, tolerance) as Effect.Effect<Values, never, any>
  }
  valuer.tried = true
  return Effect.suspend(() => guarded(() => walkOne(program, row, place, tolerance))) as Effect.Effect<
    Values,
    never,
    any
  >
}

export const valuesAll = overloaded(
  (valuer, rows) => Effect.suspend(() => guarded(() => several(valuer, rows))) as Answer
)

export const valuesSync = overloaded((valuer, row): any => {
  const values = valuer.now(row)
  if (values !== needsEffect) return values
  const { entity } = valuer.program
  throw new InvalidRow({
    entity: entity.name,
    expected: "an answer at once",
    ...(laterAnswer.find(entity, row) ?? { path: entity.name, actual: "one that comes later" }),
    remedy: "Use Entity.values, which waits for it."
  })
})
