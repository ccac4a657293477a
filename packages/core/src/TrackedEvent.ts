/**
 * An event that your service tracks: its name, its entities, and its own properties.
 *
 * @module
 */
import { dual } from "effect/Function"
import type { Pipeable } from "effect/Pipeable"
import type * as Schema from "effect/Schema"
import type { Annotations } from "./Annotations.ts"
import type * as Attribute from "./Attribute.ts"
import type * as Description from "./Description.ts"
import type * as Entity from "./Entity.ts"
import type { InvalidRow, ResolveFailed } from "./RowError.ts"
import * as description from "./internal/event/description.ts"
import type { TrackedEventImpl } from "./internal/event/model.ts"
import type { EventRelations, Mode, Relations, Validation } from "./internal/event/mode.ts"
import * as planVersion from "./internal/event/planVersion.ts"
import * as internal from "./internal/event/trackedEvent.ts"
import { implOf } from "./internal/event/trackedEvent.ts"
import type { Violation } from "./internal/value/tolerance.ts"

/** The type identifier of tracked events. */
export const TypeId: "~@trackmap/core/TrackedEvent" = internal.TypeId

export type { EventRelations, Mode, Relations, Validation, Violation }

/** An event: its name, its entities by the names that a call uses for their rows, and its own properties. */
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
  /** The purposes that need the actor's consent. */
  readonly purposes: ReadonlyArray<string>
  /** Its own modes, which override the tracker's. */
  readonly mode: M
}

/** Any tracked event. The compiler shows the name of this interface if you pass something else, such as an event's name. */
export interface AnyTrackedEvent extends TrackedEvent<
  string,
  { readonly [name: string]: Entity.Any },
  Schema.Struct.Fields
> {}
/** Any tracked event. */
export type Any = AnyTrackedEvent

/** The input of a call: the rows by name, and the event's own properties if it has any. */
export type Input<Event extends Any> = {
  readonly [Name in keyof Event["entities"]]: Entity.Row<Event["entities"][Name]>
} & ([keyof Event["properties"]] extends [never]
  ? unknown
  : { readonly properties: Schema.Struct.Type<Event["properties"]> })

/** The errors of `Tracker.track`: none, unless one of the event's own modes is `"fail"`. */
export type TrackFailure<Event extends Any> =
  | (Event["mode"] extends { readonly relations: "fail" } ? Failure<Event> | InvalidRow | ResolveFailed : never)
  | (Event["mode"] extends { readonly validation: "fail" } ? InvalidRow : never)

/** The errors of the event's resolvers. */
export type Failure<Event extends Any> = Entity.Failure<Event["entities"][keyof Event["entities"]]>

/** The services that the event's resolvers need. */
export type Services<Event extends Any> = Entity.Services<Event["entities"][keyof Event["entities"]]>

/**
 * Defines an event. Its message has the event's own properties first, then each entity's values. Properties are Effect schemas or any
 * Standard Schemas. To omit a relation from this event, pass `Entity.omit` of the entity.
 *
 * `relations` and `validation` override the tracker's modes for this event. With `"fail"`, `Tracker.track` fails with typed errors. With
 * `relations: "later"`, and if all sinks of the tracker are outboxes, `Tracker.track` calls no loader: the relay looks the relations up, so that
 * their values are those of that later moment.
 *
 * Throws `DefinitionError` if two of its parts write the same key.
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
  const Omit extends EventRelations | undefined = undefined,
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

/** The signature of `make` has its types. */
type Made = TrackedEvent<any, any, any, any>
const faceOf = (impl: TrackedEventImpl): Made => impl as unknown as Made

/**
 * Annotates the event with what people need to know of it. Later annotations replace earlier ones of the same name.
 *
 * Throws `DefinitionError` if an annotation is invalid.
 *
 * @example
 * ```ts
 * import { TrackedEvent } from "@trackmap/core"
 *
 * const CartEmptied = TrackedEvent.make("cartEmptied").pipe(
 *   TrackedEvent.annotate({ description: "A buyer removed the last line", owner: "sales", deprecated: { replacedBy: "cartAbandoned" } })
 * )
 * console.log(TrackedEvent.describe(CartEmptied).deprecated) // { replacedBy: "cartAbandoned" }
 * ```
 */
export const annotate: {
  (annotations: Annotations): <Event extends Any>(self: Event) => Event
  <Event extends Any>(self: Event, annotations: Annotations): Event
} = dual(2, (self: Any, annotations: Annotations): Made => faceOf(internal.annotate(implOf(self), annotations)))

/** Whether a value is a tracked event. */
export const isTrackedEvent = (u: unknown): u is Any => internal.isTrackedEvent(u)

/** Every key that the event's messages can have, in order. */
export const keys = (self: Any): ReadonlyArray<string> => internal.keys(implOf(self))

/** The keys whose values contain personal data. */
export const personalKeys = (self: Any): ReadonlySet<string> => description.personalKeys(implOf(self))

/** The schema of the properties of the event's messages. */
export const schema = (self: Any): Schema.Codec<{ readonly [key: string]: unknown }> => internal.schema(implOf(self))

/**
 * Describes the event as data, as `Plan.describe` does: the type, the bounds and the origin of every key, including those inside lists. An
 * event is described once: later calls return the same object.
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

/**
 * The version of an event: sixteen hexadecimal digits of the SHA-256 of its description. Envelopes whose relations are looked up later contain it. It
 * is computed once.
 */
export const version = (self: Any): string => planVersion.ofEvent(implOf(self))
