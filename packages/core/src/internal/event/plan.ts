import { pipeArguments } from "effect/Pipeable"
import { hasProperty } from "effect/Predicate"
import type * as Attribute from "../../Attribute.ts"
import { describe } from "../base/fault.ts"
import { misfit } from "../base/misfit.ts"
import { refuse } from "../base/refuse.ts"
import { visibleName } from "../base/visibleName.ts"
import { refuseDisagreements } from "../definition/agreement.ts"
import { isEntity } from "../definition/entity.ts"
import { compile } from "../definition/field.ts"
import type { Declared, DeclaredCall, PlanFace, PlanImpl, TrackedEventImpl } from "./model.ts"
import { isTrackedEvent } from "./trackedEvent.ts"

export const TypeId = "~@trackmap/core/Plan" as const

const Proto = {
  [TypeId]: TypeId,
  pipe() {
    return pipeArguments(this, arguments)
  }
}

export const isPlan = (u: unknown): u is PlanImpl => hasProperty(u, TypeId)

/** Sound because only `make` makes plans. */
export const implOf = (plan: PlanFace): PlanImpl => (isPlan(plan) ? plan : noPlan(plan))
const noPlan = misfit("Plan", "a plan, such as Plan.make returns")

export const make = (given: ReadonlyArray<unknown>): PlanImpl => {
  const events = given.map((event) =>
    isTrackedEvent(event) ? event : refuse("Plan", "BadPath", "a plan is made of tracked events")
  )
  const byName = new Map<string, TrackedEventImpl>()
  for (const event of events) {
    const known = byName.get(event.name)
    if (known !== undefined && known !== event) {
      refuse(event.name, "DuplicateName", "two events have this name: rename one, or remove one from the plan", [
        event.name
      ])
    }
    byName.set(event.name, event)
  }
  refuseDisagreements(events.flatMap((event) => Object.values(event.entities)))
  return build({ events: Object.freeze(Object.fromEntries(byName)), calls: {}, context: [] })
}

const build = (parts: Omit<PlanImpl, "memo">): PlanImpl =>
  Object.freeze(Object.assign(Object.create(Proto), parts, { memo: {} }))

const declaredCalls: ReadonlyArray<DeclaredCall> = ["identify", "group", "page", "screen"]

const declared = (what: string, path: string, given: unknown): ReadonlyArray<Declared> => {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return refuse("Plan", "BadPath", `${path} must be schemas by name, not ${describe(given)}`, [path])
  }
  return Object.entries(given as Attribute.Fields).map(([name, schema]) => {
    visibleName("Plan", `a key of ${path}`, name)
    const place = `${path}.${name}`
    const compiled = compile("Plan", `${what} "${name}"`, place, schema)
    return { name, schema: compiled.schema, codec: compiled.codec }
  })
}

/** Declares the traits, or properties, of calls. Later declarations of a call replace earlier ones. */
export const calls = (self: PlanFace, given: { readonly [call: string]: unknown }): PlanImpl => {
  const plan = implOf(self)
  const unknown = Object.keys(given).find((call) => !declaredCalls.includes(call as DeclaredCall))
  if (unknown !== undefined) {
    refuse("Plan", "BadName", `calls takes ${declaredCalls.join(", ")}, and not ${JSON.stringify(unknown)}`, [unknown])
  }
  const added = Object.entries(given)
    .filter(([, fields]) => fields !== undefined)
    .map(([call, fields]) => {
      const what = call === "identify" || call === "group" ? "the trait" : "the property"
      return [call, isEntity(fields) ? fields : declared(what, call, fields)] as const
    })
  return build({ ...plan, calls: Object.freeze({ ...plan.calls, ...Object.fromEntries(added) }) })
}

/** Declares keys of the context. Later declarations of a key replace earlier ones. */
export const context = (self: PlanFace, given: unknown): PlanImpl => {
  const plan = implOf(self)
  const added = declared("the context's key", "context", given)
  const names = new Set(added.map(({ name }) => name))
  return build({ ...plan, context: [...plan.context.filter(({ name }) => !names.has(name)), ...added] })
}
