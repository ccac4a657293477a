/**
 * A tracking plan: all the events of a service, and so all of its entities. One name, one event.
 *
 * @module
 */
import type { Pipeable } from "effect/Pipeable"
import * as internal from "./internal/event/plan.ts"
import type * as TrackedEvent from "./TrackedEvent.ts"

/** The type identifier of plans. */
export const TypeId: "~@trackmap/core/Plan" = internal.TypeId

/** Events by name. */
export interface Plan<
  out Events extends { readonly [name: string]: TrackedEvent.Any } = { readonly [name: string]: TrackedEvent.Any }
> extends Pipeable {
  readonly [TypeId]: typeof TypeId
  /** The events by name, in the order in which they were given. */
  readonly events: Events
}

/**
 * A plan of some events.
 *
 * Throws `DefinitionError` for two events of one name, and where two of their entities have one name and disagree about the
 * key or about an attribute that both have.
 *
 * @example
 * ```ts
 * import { Plan, TrackedEvent } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const SignedIn = TrackedEvent.make("signedIn", { properties: { method: Schema.Literals(["password", "link"]) } })
 * const plan = Plan.make(SignedIn)
 * console.log(Object.keys(plan.events)) // [ "signedIn" ]
 * ```
 */
export const make: <const Events extends ReadonlyArray<TrackedEvent.Any>>(
  ...events: Events
) => Plan<{ readonly [Event in Events[number] as Event["name"]]: Event }> = internal.make as any

/** Whether a value is a plan. */
export const isPlan: (u: unknown) => u is Plan = internal.isPlan as any
