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
import type * as Plan from "@trackmap/core/Plan"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Options, Service, SinkStatus } from "./internal/relay/model.ts"
import * as internal from "./internal/relay/relay.ts"
import * as standalone from "./internal/relay/standalone.ts"
import type { Operations } from "./internal/relay/operations.ts"
import type { LaterServices, LogEntry, Running, StartOptions } from "./internal/relay/standalone.ts"
import type { OutboxError } from "./OutboxError.ts"
import type { OutboxStore } from "./OutboxStore.ts"

export type { LaterServices, LogEntry, Operations, Options, Running, Service, SinkStatus, StartOptions }

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
 *
 * const sink = EventSink.make({
 *   name: "segment",
 *   send: (batch) =>
 *     Effect.sync(() => {
 *       for (const { messageId } of batch) console.log(messageId) // m-1
 *       return batch.all(Receipt.delivered)
 *     })
 * })
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
 *   yield* Relay.make(sink, { from: "beginning" })
 *   yield* Effect.sleep("100 millis")
 * })
 * const store = SqliteStore.layer().pipe(Layer.provide(SqliteClient.layer({ filename: ":memory:" })))
 * await Effect.runPromise(Effect.provide(Effect.scoped(program), [store, Logger.layer([])]))
 * ```
 */
export const make: <E, R, P extends Plan.Plan = Plan.Plan>(
  sinks: EventSink.EventSink<E, R>,
  options: Options<P>
) => Effect.Effect<Service, E | OutboxError, R | Plan.LaterServices<P> | OutboxStore | Scope.Scope> = internal.make

/** The layer of a relay. */
export const layer = <E, R, P extends Plan.Plan = Plan.Plan>(
  sinks: EventSink.EventSink<E, R>,
  options: Options<P>
): Layer.Layer<Relay, E | OutboxError, Exclude<R | Plan.LaterServices<P>, Scope.Scope> | OutboxStore> =>
  Layer.effect(Relay, internal.make(sinks, options))

/**
 * Starts a relay, for code that uses promises. Rejects with the errors of `make`, and of the layers.
 *
 * @example
 * ```ts
 * import { EventSink, Receipt } from "@trackmap/core"
 * import { Relay, SqliteClient, SqliteStore } from "@trackmap/outbox"
 * import * as Layer from "effect/Layer"
 *
 * await using relay = await Relay.start({
 *   store: SqliteStore.layer().pipe(Layer.provide(SqliteClient.layer({ filename: ":memory:" }))),
 *   sinks: EventSink.make({ name: "stdout", send: async (batch) => batch.all(Receipt.delivered) }),
 *   from: "now",
 *   log: () => {}
 * })
 * console.log((await relay.status()).map(({ depth, sink }) => [sink, depth])) // [ [ "stdout", 0 ] ]
 * console.log(await relay.outbox.replay({ of: "letters", sink: "stdout" })) // 0
 * ```
 */
export const start: <Services = never, P extends Plan.Plan = Plan.Plan>(
  options: StartOptions<Services, P> & LaterServices<Services, P>
) => Promise<Running> = standalone.start(make)

/**
 * Runs a relay as a process of its own: starts it, and resolves when SIGTERM or SIGINT has arrived and the relay has closed. A second signal ends
 * the process at once.
 *
 * @example
 * ```ts
 * import { Console } from "@trackmap/console"
 * import { Relay, SqliteClient, SqliteStore } from "@trackmap/outbox"
 * import * as Layer from "effect/Layer"
 *
 * const store = SqliteStore.layer().pipe(Layer.provide(SqliteClient.layer({ filename: "shop.db" })))
 *
 * export const main = () => Relay.run({ store, sinks: Console.sink(), from: "beginning" })
 * ```
 */
export const run: <Services = never, P extends Plan.Plan = Plan.Plan>(
  options: StartOptions<Services, P> & LaterServices<Services, P>
) => Promise<void> = standalone.run(make)
