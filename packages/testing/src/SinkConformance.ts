/**
 * The laws of every sink, as a test suite for your own sinks.
 *
 * `EventSink.make` takes care of most of these laws. Your `send` must return one outcome for each message, in the batch's order; return
 * `Receipt.delivered` only for messages that arrived; return `Receipt.rejected` for messages that the destination will never accept, with a
 * readable reason without personal data; fail with `SendError.Unavailable` if a later attempt may succeed; send the same message id on every
 * attempt; and stop when its effect is interrupted.
 *
 * `SinkFaults` tests a sink over HTTP whose server misbehaves.
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
 * Registers the laws of every sink as tests of your runner, once without a tracker and once behind one. The sink returns one receipt for each
 * message, in order. Delivered messages have arrived, once. Every kind of message, any JSON and any text gets a receipt, and none throws.
 * Closing delivers all tracked messages; later messages, and those of interrupted callers, get a receipt too. A failure names the messages, with
 * their receipts and reasons.
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
