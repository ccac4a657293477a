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
import { expect, type MatcherState } from "vitest"
import type { Expected, TrackmapMatchers, Traits, Values } from "./internal/expected.ts"
import { matchersOf } from "./internal/matchers.ts"

export type { Expected, TrackmapMatchers, Traits, Values }

declare module "vitest" {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends TrackmapMatchers<R> {
    /** See `@trackmap/testing/vitest`. */
    readonly "~trackmap"?: T
  }
}

const matchers = matchersOf(({ equals, isNot, utils }: MatcherState) => ({
  isNot,
  equals: (a, b) => equals(a, b, [utils.iterableEquality]),
  text: (value) => utils.stringify(value, undefined, { min: true })
}))

expect.extend(matchers as any)
