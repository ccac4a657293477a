/**
 * A tracking plan: all events of a service, and so all of its entities. Event names are unique.
 *
 * @module
 */
import { dual } from "effect/Function"
import type { Pipeable } from "effect/Pipeable"
import type * as Attribute from "./Attribute.ts"
import type * as Description from "./Description.ts"
import type * as Entity from "./Entity.ts"
import * as description from "./internal/event/description.ts"
import type { PlanImpl } from "./internal/event/model.ts"
import * as internal from "./internal/event/plan.ts"
import * as planVersion from "./internal/event/planVersion.ts"
import type * as TrackedEvent from "./TrackedEvent.ts"

/** The type identifier of plans. */
export const TypeId: "~@trackmap/core/Plan" = internal.TypeId

/** Events by name. */
export interface Plan<
  out Events extends { readonly [name: string]: TrackedEvent.Any } = { readonly [name: string]: TrackedEvent.Any }
> extends Pipeable {
  readonly [TypeId]: typeof TypeId
  /** The events by name, in the order of the call of `make`. */
  readonly events: Events
}

/** The services that the events with `relations: "later"` need where their relations are looked up. */
export type LaterServices<P extends Plan> = P extends Plan<infer Events> ? LaterServicesOf<Events[keyof Events]> : never
type LaterServicesOf<Event extends TrackedEvent.Any> = Event extends { readonly mode: { readonly relations: "later" } }
  ? TrackedEvent.Services<Event>
  : never

/**
 * Makes a plan from events.
 *
 * Throws `DefinitionError` if two events share a name, or if two entities share a name and disagree about the key, or about an attribute
 * that both have: about its schema, whether it is optional, or whether it is personal.
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

/** The signature of `make` has the types of the events. */
type Made = Plan<any>
const faceOf = (impl: PlanImpl): Made => impl as unknown as Made

/**
 * The traits of `identify` and `group`, and the properties of `page` and `screen`: Effect schemas or any Standard Schemas by name, or an
 * entity, if a call passes its flat values (`Entity.values`).
 */
export interface Calls {
  readonly identify?: Attribute.Fields | Entity.Any | undefined
  readonly group?: Attribute.Fields | Entity.Any | undefined
  readonly page?: Attribute.Fields | Entity.Any | undefined
  readonly screen?: Attribute.Fields | Entity.Any | undefined
}

type OnlyJson<C extends Calls> = {
  readonly [Call in keyof C]: C[Call] extends Entity.Any
    ? unknown
    : C[Call] extends Attribute.Fields
      ? Attribute.OnlyJson<C[Call]>
      : unknown
}

/**
 * Declares the traits of `identify` and `group`, and the properties of `page` and `screen`, like an entity's attributes. Sinks with `redact`
 * need to know which of them are personal: they hide undeclared values of a declared call, and reject a call without a declaration.
 * `context.traits` are identify's. A second declaration of a call replaces the first.
 *
 * A tracker with the plan checks the values of calls by its `validation`. A call may leave out traits, but no property of a page or a screen that
 * is not optional.
 *
 * @example
 * ```ts
 * import { Pii, Plan, TrackedEvent } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const plan = Plan.make(TrackedEvent.make("signedIn")).pipe(
 *   Plan.calls({ identify: { email: Pii.personal(Schema.String), tier: Schema.Literals(["free", "pro"]) } })
 * )
 * console.log(Plan.describe(plan).calls?.[0]?.keys.map(({ key, personal }) => [key, personal])) // [ [ "email", true ], [ "tier", false ] ]
 * ```
 */
export const calls: {
  <const C extends Calls>(calls: C & OnlyJson<C>): <P extends Plan>(self: P) => P
  <P extends Plan, const C extends Calls>(self: P, calls: C & OnlyJson<C>): P
} = dual(2, (self: Plan, given: {}): Made => faceOf(internal.calls(self, given)))

/**
 * Declares keys of the context, such as `ip` or `page`. Sinks with `redact` hide personal keys and undeclared keys: see the page "Personal
 * data".
 *
 * @example
 * ```ts
 * import { Plan, TrackedEvent } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const plan = Plan.make(TrackedEvent.make("signedIn")).pipe(Plan.context({ ip: Schema.String, shop: Schema.String }))
 * console.log(Plan.describe(plan).context?.map(({ key, personal }) => [key, personal])) // [ [ "ip", false ], [ "shop", false ] ]
 * ```
 */
export const context: {
  <const C extends Attribute.Fields>(context: C & Attribute.OnlyJson<C>): <P extends Plan>(self: P) => P
  <P extends Plan, const C extends Attribute.Fields>(self: P, context: C & Attribute.OnlyJson<C>): P
} = dual(2, (self: Plan, given: {}): Made => faceOf(internal.context(self, given)))

/**
 * The version of a plan: sixteen hexadecimal digits of the SHA-256 of its description. It changes with the description, except for the order of
 * events, attributes or keys. Envelopes contain it. It is computed once.
 *
 * @example
 * ```ts
 * import { Plan, TrackedEvent } from "@trackmap/core"
 *
 * const [A, B] = [TrackedEvent.make("a"), TrackedEvent.make("b")]
 * console.log(Plan.version(Plan.make(A, B)) === Plan.version(Plan.make(B, A))) // true
 * ```
 */
export const version = (self: Plan): string => planVersion.of(internal.implOf(self))

/** Whether a value is a plan. */
export const isPlan = (u: unknown): u is Plan => internal.isPlan(u)

/**
 * Describes the plan as data: its entities, and its events with the type, the bounds and the origin of every key. The result is JSON;
 * `Description.Plan` decodes it. A plan is described once: later calls return the same object.
 *
 * The description of a Standard Schema comes from its library's JSON Schema. If the library has none, the type is `Json`.
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
