/**
 * What holds for every sink, as a suite of tests that any sink's own tests call.
 *
 * A sink that is written with `EventSink.make` keeps most of these laws without doing anything for them. Yours to keep: give one
 * outcome for each message, in the batch's order; say `Receipt.delivered` only of what has arrived; say `Receipt.rejected` of what
 * the destination will never take, with a reason for people and without personal data; fail with `SendError.Unavailable` if a later
 * attempt may succeed; send the same message id on every attempt; and stop when your effect is interrupted.
 *
 * `SinkFaults` has what holds of a sink over HTTP when its server misbehaves.
 *
 * @module
 */
import { alone } from "./internal/conformance/alone.ts"
import { fromAsync } from "./internal/conformance/fromAsync.ts"
import type { AsyncOptions, Options } from "./internal/conformance/model.ts"
import { tracked } from "./internal/conformance/tracked.ts"
import { suiteOf } from "./internal/suite/runner.ts"

export type { AsyncOptions, AsyncSubject, Options, Subject } from "./internal/conformance/model.ts"

/**
 * Runs the laws that every sink keeps as tests of your runner, once without a tracker and once behind one: one receipt for each
 * message, in order; what is said to be delivered has arrived, once; every kind of message, any JSON and any text has an answer, and
 * none is an exception; closing delivers what was tracked, and what is tracked after that, or by a caller that is interrupted, has
 * its receipt too. A failure names the messages, with their receipts and reasons.
 *
 * Needs fast-check. `runner` is your test runner's `describe` and `it`: see `Runner`.
 *
 * @example
 * ```ts
 * import { EventSink, Receipt } from "@trackmap/core"
 * import * as SinkConformance from "@trackmap/testing/SinkConformance"
 * import { describe, it } from "vitest"
 *
 * export const run = () =>
 *   SinkConformance.suite("a sink that gives promises", {
 *     runner: { describe, it },
 *     make: async () => {
 *       const ids: Array<string> = []
 *       const sink = EventSink.make({
 *         name: "memory",
 *         send: async (batch) => batch.map(({ messageId }) => (ids.push(messageId), Receipt.delivered))
 *       })
 *       return { sink, received: async () => ids }
 *     }
 *   })
 * ```
 *
 * @example
 * ```ts
 * import { InMemory } from "@trackmap/testing"
 * import * as SinkConformance from "@trackmap/testing/SinkConformance"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import { describe, it } from "vitest"
 *
 * export const run = () =>
 *   SinkConformance.suite("the in-memory sink", {
 *     runner: { describe, it },
 *     layer: Layer.empty,
 *     make: Effect.map(InMemory.make(), ({ messages, sink }) => ({
 *       sink,
 *       received: Effect.map(messages, (kept) => kept.map(({ messageId }) => messageId))
 *     }))
 *   })
 * ```
 */
export const suite: {
  (name: string, options: AsyncOptions): void
  <R>(name: string, options: Options<R>): void
} = (name: string, options: AsyncOptions | Options<any>): void => {
  const runner = suiteOf("SinkConformance.suite", options.runner)
  const subjects = "layer" in options ? options : fromAsync(options)
  alone(name, runner, subjects)
  tracked(name, runner, subjects)
}
