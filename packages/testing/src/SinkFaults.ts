/**
 * The laws of a sink over HTTP whose server misbehaves, as a test suite for your own sinks.
 *
 * The suite runs the unmodified sink, with its own retries and timeouts. They run on a clock on which a minute or an hour passes in a second,
 * while the requests are real, on this machine's loopback interface.
 *
 * @module
 */
import { answers } from "./internal/faults/answers.ts"
import { clocks } from "./internal/faults/clocks.ts"
import { fromAsync } from "./internal/faults/fromAsync.ts"
import type { AsyncOptions, Options } from "./internal/faults/model.ts"
import { network } from "./internal/faults/network.ts"
import { service } from "./internal/faults/service.ts"
import { testsOf } from "./internal/faults/tests.ts"
import { suiteOf } from "./internal/suite/runner.ts"

export type { AsyncOptions, AsyncSubject, Options, SinkOptions, Subject } from "./internal/faults/model.ts"

/**
 * Registers one test of your runner for each fault: of the network, of the server's responses, of the clock, and of the service itself, which
 * tracks too much at once, is interrupted, or closes. After each, every message must have one receipt, delivered messages must have arrived, and
 * every lost message must have a receipt that reports it. A failure names the messages, with their receipts and reasons.
 *
 * The suite needs a server that misbehaves: `SegmentServer`, `MixpanelServer`, or your own from `VendorServer.make`. Without Effect, pass the
 * vendor, and the suite starts the server. `runner` is your test runner's `describe` and `it`: see `Runner`.
 *
 * @example
 * ```ts
 * import { type EventSink, HttpTransport } from "@trackmap/core"
 * import { SegmentServer } from "@trackmap/testing"
 * import * as SinkFaults from "@trackmap/testing/SinkFaults"
 * import * as Effect from "effect/Effect"
 * import { describe, it } from "vitest"
 *
 * declare const sink: (endpoint: string) => EventSink.EventSink<never, HttpTransport.HttpTransport>
 *
 * export const run = () =>
 *   SinkFaults.suite("my sink", {
 *     runner: { describe, it },
 *     layer: HttpTransport.layerFetch,
 *     idOf: (message) => message["messageId"],
 *     make: (options) =>
 *       Effect.map(SegmentServer.make(options), (server) => ({
 *         server,
 *         sink,
 *         arrived: Effect.map(Effect.all([server.received, server.duplicates]), (kept) =>
 *           kept.flat().map(({ messageId }) => messageId)
 *         )
 *       }))
 *   })
 * ```
 *
 * @example
 * ```ts
 * import { type EventSink, HttpTransport } from "@trackmap/core"
 * import { type Fault, VendorServer } from "@trackmap/testing"
 * import * as SinkFaults from "@trackmap/testing/SinkFaults"
 * import { describe, it } from "vitest"
 *
 * // `timeout` is in milliseconds, on a timer of the platform.
 * declare const sink: (options: { readonly url: string; readonly timeout: number }) => EventSink.EventSink
 *
 * export const run = () =>
 *   SinkFaults.suite("my sink with promises", {
 *     runner: { describe, it },
 *     idOf: (message) => message["id"],
 *     make: () => {
 *       const kept: Array<Fault.Message> = []
 *       const read = ({ body }: VendorServer.Request) => ({
 *         messages: body as ReadonlyArray<Fault.Message>,
 *         commit: () => {
 *           kept.push(...(body as ReadonlyArray<Fault.Message>))
 *           return VendorServer.json(200, { ok: true })
 *         }
 *       })
 *       return {
 *         vendor: { read },
 *         sink: (url, { rate }) => sink({ url, timeout: 10_000 / rate }),
 *         arrived: () => kept.map((message) => message["id"])
 *       }
 *     }
 *   })
 * ```
 */
export const suite: {
  <R>(name: string, options: Options<R>): void
  (name: string, options: AsyncOptions): void
} = (name: string, options: AsyncOptions | Options<any>): void => {
  const tests = testsOf(suiteOf("SinkFaults.suite", options.runner), "layer" in options ? options : fromAsync(options))
  network(name, tests)
  answers(name, tests)
  clocks(name, tests)
  service(name, tests)
}
