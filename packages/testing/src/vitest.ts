/**
 * Matchers for vitest, for an in-memory sink. Import this module to add them, with their types.
 *
 * @example
 * ```ts
 * import "@trackmap/testing/vitest"
 * import { Entity, TrackedEvent, Tracker } from "@trackmap/core"
 * import { InMemory } from "@trackmap/testing"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { expect, it } from "vitest"
 *
 * const OrderLine = Entity.make("OrderLine", { key: "id", attributes: { id: Schema.Int, qty: Schema.Int } })
 * const OrderLineUpdated = TrackedEvent.make("orderLineUpdated", { entities: { orderLine: OrderLine } })
 *
 * export const test = () =>
 *   it("tracks the line", async () => {
 *     const memory = InMemory.makeUnsafe()
 *     const service = Tracker.track(OrderLineUpdated, { orderLine: { id: 1001, qty: 3 } })
 *     await Effect.runPromise(Effect.provide(service, Tracker.layer(memory.sink)))
 *     expect(memory).toHaveTracked(OrderLineUpdated, { OrderLine_qty: 3 })
 *     expect(memory).not.toHaveTracked(OrderLineUpdated, { OrderLine_id: expect.any(String) })
 *   })
 * ```
 *
 * @module
 */
import type { Entity, TrackedEvent } from "@trackmap/core"
import type * as Schema from "effect/Schema"
import type * as Types from "effect/Types"
import { expect } from "vitest"
import { matchers } from "./internal/matchers.ts"

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

declare module "vitest" {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends TrackmapMatchers<R> {
    /** See `@trackmap/testing/vitest`. */
    readonly "~trackmap"?: T
  }
}

expect.extend(matchers as any)
