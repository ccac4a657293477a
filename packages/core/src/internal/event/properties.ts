import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as callback from "../base/callback.ts"
import { invalidRow } from "../base/fault.ts"
import { unchecked } from "../definition/entity.ts"
import type { Valuer, Values } from "../value/model.ts"
import { needsEffect } from "../value/needsEffect.ts"
import type { Tolerance } from "../value/tolerance.ts"
import * as valuation from "../value/valuation.ts"
import type { Input, Properties, TrackedEventImpl } from "./model.ts"
import * as ownProperties from "./ownProperties.ts"

type Now = Properties["now"]
type Own = ownProperties.OwnProperties

/** An entity of an event, with the name of its row in a call. */
interface EventEntity {
  readonly name: string
  readonly valuer: Valuer
}

/** How an event's properties are made, decided once. */
export const of = (event: TrackedEventImpl, checked: boolean): Properties =>
  (event.memo[checked ? "checked" : "unchecked"] ??= make(event, checked))

const make = (event: TrackedEventImpl, checked: boolean): Properties => {
  const own = ownProperties.of(event, checked)
  const entities = Object.entries(event.entities).map(([name, entity]) => ({
    name,
    valuer: valuation.valuerOf(checked ? entity : unchecked(entity))
  }))
  return { event, now: nowOf(event, own, entities), later: laterOf(event, own, entities) }
}

const nowOf = (event: TrackedEventImpl, own: Own, entities: ReadonlyArray<EventEntity>): Now => {
  if (entities.some(({ valuer }) => valuer.program.loads)) return () => undefined
  const valued = inOneLiteral(event, entities) ?? oneByOne(entities)
  return (input) => {
    try {
      const out: Values = {}
      return own.now(input["properties"] as Values | undefined, out) ? valued(input, out) : undefined
    } catch {
      // `later` reads the row again, and reports the violation.
      return undefined
    }
  }
}

/** Adds the entities' values to the event's own. Returns undefined if one needs an Effect. */
type AddValues = (input: Input, own: Values) => Values | undefined

/** Makes one object at once if all its keys are known: the code that values the row also writes the event's own properties. */
const inOneLiteral = (event: TrackedEventImpl, entities: ReadonlyArray<EventEntity>): AddValues | undefined => {
  const [entity, ...others] = entities
  if (entity === undefined || others.length > 0) return undefined
  if (event.fields.some(({ codec }) => codec.optional || codec.mayBeAbsent === true)) return undefined
  const { name, valuer } = entity
  const names = event.fields.map((field) => field.name)
  const value = valuation.behind(valuer, names)
  if (value === undefined) return undefined
  const { answers } = valuer.program
  return (input, own) => {
    if (answers.later) return undefined
    const values = value(input[name], own)
    return values === needsEffect ? undefined : values
  }
}

const oneByOne =
  (entities: ReadonlyArray<EventEntity>): AddValues =>
  (input, own) => {
    for (const { name, valuer } of entities) {
      if (valuer.program.answers.later) return undefined
      const values = valuer.valid(input[name])
      if (values === needsEffect) return undefined
      Object.assign(own, values)
    }
    return own
  }

const laterOf =
  (event: TrackedEventImpl, own: Own, entities: ReadonlyArray<EventEntity>): Properties["later"] =>
  (input, tolerance) => {
    if (typeof input !== "object" || input === null) {
      tolerance.add(invalidRow(event.name, event.name, "the rows by name", input), false)
      return Effect.succeed({})
    }
    const out = own.later(input, tolerance)
    const valued = entities.map((entity) => tolerant(event, entity, input, tolerance))
    return valued.length === 1
      ? callback.andThen(valued[0]!, (exit) => Exit.map(exit, (record) => Object.assign(out, record)))
      : callback.andThen(callback.all(valued), (exit) => Exit.map(exit, (records) => Object.assign(out, ...records)))
  }

/** The values of one entity's row, or none if the row itself is invalid. */
const tolerant = (
  event: TrackedEventImpl,
  { name, valuer }: EventEntity,
  input: Input,
  tolerance: Tolerance
): Effect.Effect<Values, never, any> => {
  const without = (cause: Cause.Cause<unknown>): Effect.Effect<Values> => {
    if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause as Cause.Cause<never>)
    tolerance.failed(`${event.name}.${name}`, "a row", cause)
    return Effect.succeed({})
  }
  try {
    const valued = valuation.tolerant(valuer, input[name], tolerance)
    return callback.andThen(valued, (exit) => (Exit.isSuccess(exit) ? exit : without(exit.cause)))
  } catch (thrown) {
    return without(Cause.die(thrown))
  }
}
