/**
 * Sinks for messages. A sink has a name, its limits, and one function from a batch of messages to a promise of one outcome for each.
 * Combinators add batching, retries, rate limits, fan-out and dead letters to any sink.
 *
 * @example
 * ```ts
 * import { EventSink, Receipt, SendError } from "@trackmap/node"
 *
 * export const warehouse = EventSink.make({
 *   name: "warehouse",
 *   send: async (batch, { signal }) => {
 *     const body = JSON.stringify(batch.messages)
 *     const response = await fetch("https://warehouse.example/events", { method: "POST", body, redirect: "manual", signal })
 *     await response.text()
 *     const failure = SendError.fromResponse(response)
 *     if (failure !== undefined) throw failure
 *     return batch.map(() => Receipt.delivered)
 *   }
 * }).pipe(EventSink.retried())
 * ```
 *
 * @module
 */
import * as Core from "@trackmap/core/EventSink"
import type { Message } from "@trackmap/core/Message"
import type { HttpTransport } from "@trackmap/core/HttpTransport"
import type { Plan } from "@trackmap/core/Plan"
import type { Receipt } from "@trackmap/core/Receipt"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import { layer } from "./internal/http.ts"
import { run } from "./internal/run.ts"

export * from "@trackmap/core/EventSink"

/**
 * Sends messages to a sink at once, without a tracking and its buffer: for scripts, and to test a sink. Returns one receipt for each
 * message from each sink, sink by sink, in the order of the messages. Rejects if the sink cannot open.
 */
export const deliver = <E>(
  self: Core.EventSink<E, HttpClient.HttpClient | HttpTransport>,
  messages: ReadonlyArray<Message>,
  options?: { readonly plan?: Plan | undefined; readonly consent?: ReadonlySet<string> | "all" | undefined }
): Promise<ReadonlyArray<Receipt>> =>
  run(Core.deliver(self, messages, options).pipe(Effect.scoped, Effect.provide(layer)))

/**
 * What sinks would do with messages, without opening a connection or a file, and without sending anything: for each message and each sink, whether
 * it would be sent, and as what. See `EventSink.preview` of `@trackmap/core`.
 */
export const preview = (
  self: Core.Any,
  messages: ReadonlyArray<Message>,
  options?: { readonly plan?: Plan | undefined; readonly consent?: ReadonlySet<string> | "all" | undefined }
): Promise<ReadonlyArray<Core.Preview>> => run(Core.preview(self, messages, options))
