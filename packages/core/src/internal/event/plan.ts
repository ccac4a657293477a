import { pipeArguments } from "effect/Pipeable"
import { hasProperty } from "effect/Predicate"
import { refuse } from "../base/refuse.ts"
import { refuseDisagreements } from "../definition/agreement.ts"
import type { PlanFace, PlanImpl, TrackedEventImpl } from "./model.ts"
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
export const implOf = (plan: PlanFace): PlanImpl => plan as PlanImpl

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
  return Object.freeze(
    Object.assign(Object.create(Proto), { events: Object.freeze(Object.fromEntries(byName)), memo: {} })
  )
}
