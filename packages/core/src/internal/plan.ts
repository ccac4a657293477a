import { pipeArguments } from "effect/Pipeable"
import { hasProperty } from "effect/Predicate"
import { DefinitionError } from "../DefinitionError.ts"
import { refuseDisagreements } from "./trackingMap.ts"
import { isTrackedEvent, type TrackedEventImpl } from "./trackedEvent.ts"

export const TypeId = "~@trackmap/core/Plan" as const

export interface PlanImpl {
  readonly events: { readonly [name: string]: TrackedEventImpl }
}

const Proto = {
  [TypeId]: TypeId,
  pipe() {
    return pipeArguments(this, arguments)
  }
}

export const isPlan = (u: unknown): u is PlanImpl => hasProperty(u, TypeId)

export const make = (...events: ReadonlyArray<TrackedEventImpl>): PlanImpl => {
  const byName = new Map<string, TrackedEventImpl>()
  for (const event of events) {
    if (!isTrackedEvent(event)) {
      throw new DefinitionError({
        entity: "Plan",
        reason: "BadPath",
        paths: [],
        detail: "a plan is made of tracked events"
      })
    }
    const known = byName.get(event.name)
    if (known !== undefined && known !== event) {
      throw new DefinitionError({
        entity: event.name,
        reason: "DuplicateName",
        paths: [event.name],
        detail: "two events have this name: give the plan one of them, or one of them another name"
      })
    }
    byName.set(event.name, event)
  }
  refuseDisagreements(events.flatMap((event) => Object.values(event.entities)))
  return Object.freeze(Object.assign(Object.create(Proto), { events: Object.freeze(Object.fromEntries(byName)) }))
}
