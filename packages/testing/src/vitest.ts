/**
 * Matchers for vitest, on a sink in memory. To import this module is to have them, with their types.
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

/** The flat keys of an event's message with their JSON: its own properties, and its entities' values. */
export type Values<Event extends TrackedEvent.Any> = Types.Simplify<
  {
    readonly [K in keyof Event["properties"]]: Entity.ToJson<Event["properties"][K]["Encoded"]>
  } & Types.UnionToIntersection<
    { readonly [K in keyof Event["entities"]]: Entity.Values<Event["entities"][K]> }[keyof Event["entities"]]
  >
>

/** Some of an event's keys. Each may also be one of `expect`'s asymmetric matchers; undefined says that there is no such key. */
export type Expected<Event extends TrackedEvent.Any> = [keyof Values<Event>] extends [never]
  ? { readonly [key: string]: never }
  : { readonly [K in keyof Values<Event>]?: Values<Event>[K] | undefined }

/** Traits, as `Tracker.identify` and `Tracker.group` take them. */
export type Traits = { readonly [key: string]: Schema.Json | undefined }

/** What this module adds to `expect(memory)`, where `memory` is what `InMemory.make` gives, or its sink. */
export interface TrackmapMatchers<R> {
  /** Has got the event, with these values among others. */
  readonly toHaveTracked: <Event extends TrackedEvent.Any>(event: Event, values?: Expected<Event>) => R
  /** Has got the event so many times, with these values among others. */
  readonly toHaveTrackedTimes: <Event extends TrackedEvent.Any>(
    event: Event,
    times: number,
    values?: Expected<Event>
  ) => R
  /** Has been told who this user is, with these traits among others. */
  readonly toHaveIdentified: (userId: string, traits?: Traits) => R
  /** Has been told of this group, with these traits among others. */
  readonly toHaveGrouped: (groupId: string, traits?: Traits) => R
}

declare module "vitest" {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends TrackmapMatchers<R> {
    /** What is looked at: see `@trackmap/testing/vitest`. */
    readonly "~trackmap"?: T
  }
}

expect.extend(matchers as any)
