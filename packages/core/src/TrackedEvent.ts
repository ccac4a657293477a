/**
 * An event that a service tracks: its name, the entities it is about, and its own properties.
 *
 * @module
 */
import type { Pipeable } from "effect/Pipeable"
import type * as Schema from "effect/Schema"
import type * as Attribute from "./Attribute.ts"
import type * as Description from "./Description.ts"
import type * as Entity from "./Entity.ts"
import type { InvalidRow, ResolveFailed } from "./RowError.ts"
import * as description from "./internal/event/description.ts"
import type { TrackedEventImpl } from "./internal/event/model.ts"
import type { Mode, Relations, Validation } from "./internal/event/mode.ts"
import * as internal from "./internal/event/trackedEvent.ts"
import type { Violation } from "./internal/value/tolerance.ts"

/** The type identifier of tracked events. */
export const TypeId: "~@trackmap/core/TrackedEvent" = internal.TypeId

export type { Mode, Relations, Validation, Violation }

/** An event's name, the entities by the names that a call uses for their rows, and its own properties. */
export interface TrackedEvent<
  out Name extends string,
  out Entities extends { readonly [name: string]: Entity.Any },
  out Properties extends Schema.Struct.Fields,
  out M extends Mode = Mode
> extends Pipeable {
  readonly [TypeId]: typeof TypeId
  readonly name: Name
  readonly entities: Entities
  readonly properties: Properties
  /** The purposes that the actor must have consented to. */
  readonly purposes: ReadonlyArray<string>
  /** How it is tracked, where that is its own. */
  readonly mode: M
}

/** Any tracked event. */
export type Any = TrackedEvent<string, { readonly [name: string]: Entity.Any }, Schema.Struct.Fields>

/** What a call gives: the rows by name, and the event's own properties where it has any. */
export type Input<Event extends Any> = {
  readonly [Name in keyof Event["entities"]]: Entity.Row<Event["entities"][Name]>
} & ([keyof Event["properties"]] extends [never]
  ? unknown
  : { readonly properties: Schema.Struct.Type<Event["properties"]> })

/** What `Tracker.track` of an event can fail with: nothing, unless the event's own mode is to fail. */
export type TrackFailure<Event extends Any> =
  | (Event["mode"] extends { readonly relations: "fail" } ? Failure<Event> | InvalidRow | ResolveFailed : never)
  | (Event["mode"] extends { readonly validation: "fail" } ? InvalidRow : never)

/** What the event's resolvers can fail with. */
export type Failure<Event extends Any> = Entity.Failure<Event["entities"][keyof Event["entities"]]>

/** The services that the event's resolvers need. */
export type Services<Event extends Any> = Entity.Services<Event["entities"][keyof Event["entities"]]>

/**
 * Defines an event. The keys of its message are its own properties, then each entity's values, in this order.
 * The properties are Effect schemas or any Standard Schemas.
 * To leave a relation out for this event, give it `Entity.omit` of the entity. `relations` and `validation` say what becomes of
 * what is wrong with it, where the tracker's own way is not meant for it; with `"fail"`, `Tracker.track` of it fails, typed.
 *
 * Throws `DefinitionError` where two of them would write one key.
 *
 * @example
 * ```ts
 * import { Entity, TrackedEvent } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })
 * const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", {
 *   entities: { orderLine: OrderLine },
 *   properties: { action: Schema.Literal("orderLineUpdated") }
 * })
 * console.log(TrackedEvent.keys(OrderLineUpdated)) // [ "action", "OrderLine_id", "OrderLine_qty" ]
 * ```
 */
export const make: <
  const Name extends string,
  const Entities extends { readonly [name: string]: Entity.Any } = {},
  const Properties extends Attribute.Fields = {},
  const Omit extends Relations | undefined = undefined,
  const Validate extends Validation | undefined = undefined
>(
  name: Name,
  options?: {
    readonly entities?: Entities | undefined
    readonly properties?: (Properties & Attribute.OnlyJson<Properties>) | undefined
    readonly purposes?: ReadonlyArray<string> | undefined
    readonly relations?: Omit
    readonly validation?: Validate
  }
) => TrackedEvent<
  Name,
  Entities,
  Attribute.AllOf<Properties>,
  { readonly relations: Omit; readonly validation: Validate }
> = (name: string, options?: internal.Options): Made => faceOf(internal.make(name, options))

/** An event whose types are those that the signature of its constructor says. */
type Made = TrackedEvent<any, any, any, any>
const faceOf = (impl: TrackedEventImpl): Made => impl as unknown as Made

/** Whether a value is a tracked event. */
export const isTrackedEvent = (u: unknown): u is Any => internal.isTrackedEvent(u)

const { implOf } = internal

/** Every key that the event's messages can have, in their order. */
export const keys = (self: Any): ReadonlyArray<string> => internal.keys(implOf(self))

/** The keys that hold personal data. */
export const personalKeys = (self: Any): ReadonlySet<string> => implOf(self).personal

/** The schema of the event's properties as they are sent. */
export const schema = (self: Any): Schema.Codec<{ readonly [key: string]: unknown }> => internal.schema(implOf(self))

/**
 * The event as data: the type, the origin and the class of every key, also of those inside lists. It is made once for an event, and is
 * what `Plan.describe` says of it.
 *
 * @example
 * ```ts
 * import { TrackedEvent } from "@trackmap/core"
 * import * as Schema from "effect/Schema"
 *
 * const SignedIn = TrackedEvent.make("signedIn", { properties: { method: Schema.Literals(["password", "link"]) } })
 *
 * const keys = TrackedEvent.describe(SignedIn).nodes.flatMap((node) => node.keys)
 * console.log(keys.map(({ key, type }) => [key, type._tag])) // [ [ "method", "Literals" ] ]
 * ```
 */
export const describe = (self: Any): Description.Event => description.ofEvent(implOf(self))
