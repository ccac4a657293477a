/**
 * Every path from a row to its values. There are several, as each is the fastest for its rows; all have to give the same.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { assert } from "vitest"
import { Entity, RowError } from "../src/index.ts"
import { implOf } from "../src/internal/definition/entity.ts"
import * as closures from "../src/internal/value/closures.ts"
import { needsEffect } from "../src/internal/value/needsEffect.ts"
import * as programs from "../src/internal/value/program.ts"
import { Tolerance } from "../src/internal/value/tolerance.ts"
import * as valuation from "../src/internal/value/valuation.ts"
import * as walk from "../src/internal/value/walk.ts"

/** What came of a valuation: the entries in their order, or where it failed and why. */
export type Outcome =
  | { readonly entries: ReadonlyArray<readonly [string, unknown]> }
  | { readonly path: string; readonly expected: string; readonly actual: string }

export const outcome = (result: Result.Result<object, unknown>): Outcome =>
  Result.match(result, {
    onSuccess: (values) => ({ entries: Object.entries(values) }),
    onFailure: (error) => {
      const { actual, expected, path } = error as RowError.InvalidRow
      return { path, expected, actual }
    }
  })

const run = (effect: Effect.Effect<object, unknown, any>): Promise<Outcome> =>
  Effect.runPromise(Effect.map(Effect.result(effect as Effect.Effect<object, unknown>), outcome))

/** Of a row whose resolvers answer at once; else nothing. */
const now = (value: () => unknown): Outcome | undefined => {
  const result = Result.try({ try: value, catch: (error) => error })
  return Result.isSuccess(result) && result.success === needsEffect
    ? undefined
    : outcome(result as Result.Result<object, unknown>)
}

type Path = (entity: Entity.Any, row: unknown) => Outcome | undefined

/** Those of one row that needs no Effect. */
export const loaded = {
  "generated code": (entity, row) => now(() => valuation.valuerOf(implOf(entity)).now(row)),

  "closures, where the platform allows no code generation": (entity, row) => {
    const program = programs.of(implOf(entity))
    const place = (_: number, suffix: string) => entity.name + suffix
    const interpret = (bad: unknown) => walk.records(walk.resolve(program, [bad], place)[0])[0]!
    const direct = closures.direct(program, (node, parent) => walk.manyNow(program, node, parent, place), interpret)
    return direct === undefined ? undefined : now(() => direct(row))
  },

  "the interpreter, which tells what is wrong": (entity, row) =>
    now(() => {
      const [walked, pending] = walk.resolve(programs.of(implOf(entity)), [row], (_, suffix) => entity.name + suffix)
      return pending === undefined ? walk.records(walked)[0]! : needsEffect
    })
} satisfies Record<string, Path>

/** Those of any row. */
export const all = {
  "a row by itself, however its resolvers answer": (entity, row) => run(Entity.values(entity, row as never)),

  "the same row again, when it is known how they do": (entity, row) => run(Entity.values(entity, row as never)),

  "many rows together": async (entity, row) => {
    const result = await run(Effect.map(Entity.valuesAll(entity, [row as never]), ([values]) => values as object))
    return "path" in result ? { ...result, path: result.path.replace(`${entity.name}[0]`, entity.name) } : result
  }
} satisfies Record<string, (entity: Entity.Any, row: unknown) => Promise<Outcome>>

/** What a tracker that goes on without what is wrong has of a row. */
export const tolerant = (
  entity: Entity.Any,
  row: unknown,
  keep = false
): Effect.Effect<{ readonly values: object; readonly violations: ReadonlyArray<string> }> => {
  const tolerance = new Tolerance(keep)
  return Effect.map(
    valuation.tolerant(valuation.valuerOf(implOf(entity)), row, tolerance) as Effect.Effect<object>,
    (values) => ({ values, violations: tolerance.found.map(({ violation }) => violation.path) })
  )
}

/** The error that a valuation throws. */
export const invalidRow = (value: () => unknown): RowError.InvalidRow => {
  try {
    value()
  } catch (error) {
    assert.instanceOf(error, RowError.InvalidRow)
    return error as RowError.InvalidRow
  }
  throw new Error("nothing was thrown")
}
