/**
 * A tracking plan: all events of a service, and so all of its entities. Event names are unique.
 *
 * @module
 */
import type { Pipeable } from "effect/Pipeable"
import type * as Description from "./Description.ts"
import * as description from "./internal/event/description.ts"
import type { PlanImpl } from "./internal/event/model.ts"
import * as internal from "./internal/event/plan.ts"
import type * as TrackedEvent from "./TrackedEvent.ts"

/** The type identifier of plans. */
export const TypeId: "~@trackmap/core/Plan" = internal.TypeId

/** Events by name. */
export interface Plan<
  out Events extends { readonly [name: string]: TrackedEvent.Any } = { readonly [name: string]: TrackedEvent.Any }
> extends Pipeable {
  readonly [TypeId]: typeof TypeId
  /** The events by name, in the order given to `make`. */
  readonly events: Events
}

/**
 * Makes a plan from events.
 *
 * Throws `DefinitionError` if two events share a name, or if two entities share a name and disagree about the key or about an attribute
 * that both have.
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
) => Plan<{ readonly [Event in Events[number] as Event["name"]]: Event }> = (
  ...events: ReadonlyArray<TrackedEvent.Any>
): Made => faceOf(internal.make(events))

/** The signature of `make` says which events it has. */
type Made = Plan<any>
const faceOf = (impl: PlanImpl): Made => impl as unknown as Made

/** Whether a value is a plan. */
export const isPlan = (u: unknown): u is Plan => internal.isPlan(u)

/**
 * Describes the plan as data: its entities, and its events with the type, the bounds and the origin of every key. The result is JSON;
 * `Description.Plan` decodes it. A plan is described once: later calls return the same object.
 *
 * The description of a Standard Schema comes from its library's JSON Schema. If the library gives none, the type is `Json`.
 *
 * @example
 * ```ts
 * import { Entity, Plan, TrackedEvent } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const Order = Entity.make("Order", {
 *   key: "id",
 *   attributes: { id: Schema.String.check(Schema.isUUID()), placedAt: Schema.Date, note: Schema.optional(Schema.String) }
 * })
 * const OrderPlaced = TrackedEvent.make("orderPlaced", { entities: { order: Order } })
 *
 * const { entities } = Plan.describe(Plan.make(OrderPlaced))
 * console.log(entities[0]?.attributes[1])
 * // { name: "placedAt", kind: "attribute", type: { _tag: "String", format: "date-time" }, optional: false, personal: false }
 * ```
 */
export const describe = (self: Plan): Description.Plan => description.ofPlan(internal.implOf(self))
