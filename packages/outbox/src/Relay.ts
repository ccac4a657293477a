/**
 * Relays send the messages of an outbox to sinks: in the service itself, or in processes of their own, any number of them on any number of machines.
 *
 * Every message reaches every sink at least once, and always under the same id. Each sink has its own progress, so that one that is down, slow or
 * wrong delays no other. While a destination is unavailable, or refuses the sink's key, its messages wait. Only a message that the destination
 * refuses for its own sake becomes a dead letter of the outbox.
 *
 * @module
 */
import type * as EventSink from "@trackmap/core/EventSink"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Options, Service, SinkStatus } from "./internal/relay/model.ts"
import * as internal from "./internal/relay/relay.ts"
import type { OutboxError } from "./OutboxError.ts"
import type { OutboxStore } from "./OutboxStore.ts"

export type { Options, Service, SinkStatus }

/** A relay that runs. */
export class Relay extends Context.Service<Relay, Service>()("@trackmap/outbox/Relay") {}

/**
 * Starts a relay. Closing the scope stops it: it claims no more messages, waits for those that it is sending (`closeWithin`), and gives the others
 * back at once. Fails with the errors of opening the sinks, and if the store cannot register a new sink. Throws `DefinitionError` for options that it
 * cannot follow.
 *
 * @example
 * ```ts
 * import { Envelope, EventSink, Receipt } from "@trackmap/core"
 * import { OutboxStore, Relay, SqliteClient, SqliteStore } from "@trackmap/outbox"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Logger from "effect/Logger"
 * import * as Stream from "effect/Stream"
 *
 * const sink = EventSink.make({ name: "segment", send: (batch) => Effect.succeed(batch.all(Receipt.delivered)) })
 * const envelope: Envelope.Envelope = {
 *   format: 1,
 *   message: { type: "alias", previousId: "a", userId: "b", messageId: "m-1", timestamp: "2026-03-01T12:00:00.000Z" },
 *   purposes: [],
 *   consent: "all",
 *   personal: [],
 *   violations: []
 * }
 *
 * const program = Effect.gen(function* () {
 *   const store = yield* OutboxStore.OutboxStore
 *   yield* store.insert([OutboxStore.entry(envelope)])
 *   const relay = yield* Relay.make(sink, { from: "beginning" })
 *   const [receipt] = yield* Stream.runCollect(Stream.take(relay.receipts, 1))
 *   console.log(receipt?.sink, receipt?.messageId, receipt?.outcome._tag) // segment m-1 Delivered
 * })
 * const store = SqliteStore.layer().pipe(Layer.provide(SqliteClient.layer({ filename: ":memory:" })))
 * await Effect.runPromise(Effect.provide(Effect.scoped(program), [store, Logger.layer([])]))
 * ```
 */
export const make: <E, R>(
  sinks: EventSink.EventSink<E, R>,
  options: Options
) => Effect.Effect<Service, E | OutboxError, R | OutboxStore | Scope.Scope> = internal.make

/** The layer of a relay. */
export const layer = <E, R>(
  sinks: EventSink.EventSink<E, R>,
  options: Options
): Layer.Layer<Relay, E | OutboxError, Exclude<R, Scope.Scope> | OutboxStore> =>
  Layer.effect(Relay, internal.make(sinks, options))
