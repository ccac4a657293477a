import type { Entity, TrackedEvent } from "@trackmap/core"
import type * as Schema from "effect/Schema"
import type * as Types from "effect/Types"

/** The flat keys of an event's message and their JSON: its own properties, and its entities' values. */
export type Values<Event extends TrackedEvent.Any> = Types.Simplify<
  {
    readonly [K in keyof Event["properties"]]: Entity.ToJson<Event["properties"][K]["Encoded"]>
  } & Types.UnionToIntersection<
    { readonly [K in keyof Event["entities"]]: Entity.Values<Event["entities"][K]> }[keyof Event["entities"]]
  >
>

/** Some of an event's keys. Each value may also be one of `expect`'s asymmetric matchers; undefined means that the key must be absent. */
export type Expected<Event extends TrackedEvent.Any> = [keyof Values<Event>] extends [never]
  ? { readonly [key: string]: never }
  : { readonly [K in keyof Values<Event>]?: Values<Event>[K] | undefined }

/** Traits, as in `Tracker.identify` and `Tracker.group`. */
export type Traits = { readonly [key: string]: Schema.Json | undefined }

/** The matchers of `expect(memory)`, where `memory` is the result of `InMemory.make`, or its sink. */
export interface TrackmapMatchers<R> {
  /** The sink received the event, with at least these values. */
  readonly toHaveTracked: <Event extends TrackedEvent.Any>(event: Event, values?: Expected<Event>) => R
  /** The sink received the event this many times, with at least these values. */
  readonly toHaveTrackedTimes: <Event extends TrackedEvent.Any>(
    event: Event,
    times: number,
    values?: Expected<Event>
  ) => R
  /** The sink received an `identify` of this user, with at least these traits. */
  readonly toHaveIdentified: (userId: string, traits?: Traits) => R
  /** The sink received a `group` call for this group, with at least these traits. */
  readonly toHaveGrouped: (groupId: string, traits?: Traits) => R
}
