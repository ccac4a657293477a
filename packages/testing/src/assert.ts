/**
 * Assertions on an in-memory sink for any test runner, such as node:test: each throws an error that lists the messages that arrived, and how the
 * nearest message differs.
 *
 * @example
 * ```ts
 * import { TrackedEvent, Tracking } from "@trackmap/node"
 * import { InMemory } from "@trackmap/testing"
 * import * as assert from "@trackmap/testing/assert"
 * import { it } from "node:test"
 * import { z } from "zod"
 *
 * const SignedUp = TrackedEvent.make("signedUp", { properties: { plan: z.string() } })
 *
 * export const test = () =>
 *   it("tracks who signs up", async () => {
 *     const memory = InMemory.makeUnsafe()
 *     const tracking = Tracking.make({ sinks: memory.sink })
 *     await tracking.track(SignedUp, { properties: { plan: "pro" } })
 *     await tracking.close()
 *     assert.tracked(memory, SignedUp, { plan: "pro" })
 *     assert.notTracked(memory, SignedUp, { plan: "free" })
 *   })
 * ```
 *
 * @module
 */
import type { EventSink, TrackedEvent } from "@trackmap/core"
import { AssertionError } from "node:assert"
import { inspect, isDeepStrictEqual } from "node:util"
import type { InMemory } from "./InMemory.ts"
import type { Expected, Traits, Values } from "./internal/expected.ts"
import * as matchers from "./internal/matchers.ts"

export type { Expected, Traits, Values }

/** The result of `InMemory.make`, or its sink. */
export type Memory = InMemory | EventSink.EventSink<any, any>

const runner = (isNot: boolean): matchers.Runner => ({
  isNot,
  equals: isDeepStrictEqual,
  text: (value) => inspect(value, { depth: 9, breakLength: Number.POSITIVE_INFINITY })
})

const check = (memory: Memory, sought: matchers.Sought, expected: boolean): void => {
  const { message, pass } = matchers.look(runner(!expected), memory, sought)
  if (pass !== expected) throw new AssertionError({ message: message(), operator: "trackmap", stackStartFn: check })
}

/** The sink received the event, with at least these values. */
export const tracked = <Event extends TrackedEvent.Any>(memory: Memory, event: Event, values?: Expected<Event>): void =>
  check(memory, matchers.tracked(event, values), true)

/** The sink did not receive the event with these values. */
export const notTracked = <Event extends TrackedEvent.Any>(
  memory: Memory,
  event: Event,
  values?: Expected<Event>
): void => check(memory, matchers.tracked(event, values), false)

/** The sink received the event this many times, with at least these values. */
export const trackedTimes = <Event extends TrackedEvent.Any>(
  memory: Memory,
  event: Event,
  times: number,
  values?: Expected<Event>
): void => check(memory, { ...matchers.tracked(event, values), times }, true)

/** The sink received an `identify` of this user, with at least these traits. */
export const identified = (memory: Memory, userId: string, traits?: Traits): void =>
  check(memory, matchers.identified(userId, traits), true)

/** The sink received a `group` call for this group, with at least these traits. */
export const grouped = (memory: Memory, groupId: string, traits?: Traits): void =>
  check(memory, matchers.grouped(groupId, traits), true)
