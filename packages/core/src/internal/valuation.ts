import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { EntityImpl } from "./entity.ts"
import { invalidRow, type Place } from "./fault.ts"
import * as generate from "./generate.ts"
import * as programs from "./program.ts"
import { schemaOf } from "./schema.ts"
import * as walk from "./walk.ts"

type Values = Record<string, unknown>

/** An entity's program, and how a single row is valued by it. */
interface Valuer {
  readonly program: programs.Program
  readonly place: Place
  /** The values of a row now, or `needsEffect`. */
  readonly now: (row: unknown) => Values | typeof generate.needsEffect
  /** Whether a resolver has been seen to answer with an Effect, so that it is no use to try without. */
  effectful: boolean
}

const valuers = new WeakMap<EntityImpl, Valuer>()

const valuerOf = (entity: EntityImpl): Valuer => {
  let valuer = valuers.get(entity)
  if (valuer === undefined) valuers.set(entity, (valuer = makeValuer(entity)))
  return valuer
}

const makeValuer = (entity: EntityImpl): Valuer => {
  const program = programs.of(entity)
  const place: Place = (_, suffix) => entity.name + suffix
  return {
    program,
    place,
    effectful: program.loads,
    now:
      (program.loads ? undefined : generate.direct(program, (node, row) => walk.manyNow(program, node, row, place))) ??
      ((row) => {
        const [walked, pending] = walk.resolve(program, [row], place)
        return pending === undefined ? walk.records(walked)[0]! : generate.needsEffect
      })
  }
}

const single = (valuer: Valuer, row: unknown): Effect.Effect<Values, unknown, any> => {
  if (!valuer.effectful) {
    const values = valuer.now(row)
    if (values !== generate.needsEffect) return Effect.succeed(values)
    valuer.effectful = true
  }
  const [walked, pending] = walk.resolve(valuer.program, [row], valuer.place)
  return pending === undefined
    ? Effect.succeed(walk.records(walked)[0]!)
    : Effect.flatMap(pending, () => walk.guarded(() => Effect.succeed(walk.records(walked)[0]!)))
}

const several = (entity: EntityImpl, rows: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<Values>, unknown, any> => {
  if (!Array.isArray(rows)) return Effect.fail(invalidRow(entity.name, entity.name, "an array of rows", rows))
  const place: Place = (index, suffix) => `${entity.name}[${index}]${suffix}`
  const [walked, pending] = walk.resolve(valuerOf(entity).program, rows, place)
  return pending === undefined
    ? Effect.succeed(walk.records(walked))
    : Effect.flatMap(pending, () => walk.guarded(() => Effect.succeed(walk.records(walked))))
}

const curried =
  <A>(f: (entity: EntityImpl, input: any) => A) =>
  (entity: EntityImpl) =>
  (input: unknown): A =>
    f(entity, input)

const overloaded = <A>(f: (entity: EntityImpl, input: any) => A): ((...args: ReadonlyArray<any>) => unknown) => {
  const last = curried(f)
  return (...args) => (args.length > 1 ? f(args[0], args[1]) : last(args[0]))
}

export const values = overloaded((entity, row) => {
  const valuer = valuerOf(entity)
  return Effect.suspend(() => walk.guarded(() => single(valuer, row)))
})

export const valuesAll = overloaded((entity, rows) => Effect.suspend(() => walk.guarded(() => several(entity, rows))))

export const valuesSync = overloaded((entity, row) => {
  const values = valuerOf(entity).now(row)
  if (values !== generate.needsEffect) return values
  throw invalidRow(entity.name, entity.name, "resolvers that answer at once", "an Effect")
})

export const schema = (entity: EntityImpl): Schema.Constraint => schemaOf(entity)
