/**
 * Durable delivery through NATS JetStream: a sink that publishes to a stream, and a relay that delivers from it to your other sinks.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import * as HttpTransport from "@trackmap/core/HttpTransport"
import * as Options from "@trackmap/core/Options"
import type * as SendError from "@trackmap/core/SendError"
import type * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as links from "./internal/link.ts"
import {
  check,
  checkCreate,
  type Connection,
  connectionNames,
  type Create,
  type Credentials,
  type Tls
} from "./internal/options.ts"
import type { From } from "./internal/consumer.ts"
import * as publishing from "./internal/publish.ts"
import * as promises from "./internal/promises.ts"
import * as relays from "./internal/relay.ts"
import * as replaying from "./internal/replay.ts"
import type { ReplayOptions } from "./internal/replay.ts"
import type { DeadLetterOptions, Lag, Relay, RelayOptions } from "./internal/relay.ts"
import * as streams from "./internal/stream.ts"

export type { Connection, Create, Credentials, DeadLetterOptions, From, Lag, Relay, RelayOptions, ReplayOptions, Tls }

/** The options of the sink. */
export interface SinkOptions extends Connection {
  /** The sink's name in receipts. Default: "jetstream". */
  readonly name?: string | undefined
}

/** The batches that wait for their acknowledgements at the same time: several, so that the server always has work. */
const batches = 4
/** The messages of a batch. All batches together have 1,000. */
const batchMessages = 250

/** The bytes of a batch, which bounds the memory of long messages. */
const batchBytes = 4 * 1024 * 1024

/**
 * A sink that publishes each message to a stream, as an envelope, with the message's id as `Nats-Msg-Id`. A message is delivered once the stream
 * has acknowledged it. At most 1,000 messages wait for their acknowledgements. The sink includes `EventSink.retried()`; your own
 * `EventSink.retried` replaces it.
 *
 * Opening creates the stream if it does not exist, and otherwise checks it. It fails with `Misconfigured` if the options are wrong, if the server
 * refuses the credentials, or if the stream would not keep the messages; the error says what to change. If no server answers, it succeeds, and
 * the sink connects later.
 *
 * These errors of sending reach the sink's combinators: `Unavailable` without a connection, without an acknowledgement, during an election, and
 * while the stream is full; `Misconfigured` if the stream or its subject is missing, or a permission.
 *
 * @example
 * ```ts
 * import { Tracker } from "@trackmap/core"
 * import { JetStream } from "@trackmap/jetstream"
 * import * as Redacted from "effect/Redacted"
 *
 * export const layer = (token: string) =>
 *   Tracker.layer(JetStream.sink({ servers: ["nats-1:4222", "nats-2:4222", "nats-3:4222"], credentials: { token: Redacted.make(token) } }))
 * ```
 */
export const sink = (options: SinkOptions = {}): EventSink.EventSink<SendError.Misconfigured> => {
  const { name = "jetstream", ...connection } = Options.check<SinkOptions>("JetStream.sink", options, {
    ...connectionNames,
    name: true
  })
  checkCreate("JetStream.sink", connection)
  return EventSink.make({
    name,
    limits: { messages: batchMessages, bytes: batchBytes },
    open: Effect.fnUntraced(function* () {
      const target = yield* check(name, connection)
      const link = yield* links.make(target)
      yield* link.get.pipe(
        Effect.flatMap((connected) => streams.ensure(connected, target)),
        Effect.catchTag("Unavailable", ({ reason }) =>
          Effect.logWarning(`${name}: ${reason}; its messages wait until there is one`)
        )
      )
      return publishing.send(link, target)
    })
  }).pipe(EventSink.batched({ age: 10 }), EventSink.buffered({ concurrency: batches }), EventSink.retried())
}

/**
 * A sink configured by the environment: `NATS_SERVERS` (addresses with commas between them), `NATS_STREAM`, `NATS_SUBJECT`, and one of `NATS_CREDS` (the
 * text of a `.creds` file), `NATS_NKEY`, `NATS_TOKEN`, or `NATS_USER` and `NATS_PASSWORD`. All are optional.
 *
 * @example
 * ```ts
 * import { EventSink, type Message } from "@trackmap/core"
 * import { JetStream } from "@trackmap/jetstream"
 * import * as Effect from "effect/Effect"
 *
 * export const send = (messages: ReadonlyArray<Message.Message>) =>
 *   Effect.flatMap(JetStream.config, (sink) => EventSink.deliver(sink, messages))
 * ```
 */
export const config: Effect.Effect<EventSink.EventSink<SendError.Misconfigured>, Config.ConfigError> = Effect.flatMap(
  // Effect's Config is loaded when this runs.
  Effect.promise(() => import("./internal/settings.ts")),
  ({ settings }) =>
    Effect.map(settings, ({ creds, nkey, password, servers, stream, subject, token, user }) => {
      const credentials: Option.Option<Credentials> = Option.firstSomeOf([
        Option.map(creds, (creds) => ({ creds })),
        Option.map(nkey, (nkey) => ({ nkey })),
        Option.map(token, (token) => ({ token })),
        // One of them alone is an error of opening, and not a connection without credentials.
        Option.map(
          Option.orElse(user, () => Option.as(password, "")),
          (user) => ({
            user,
            password: Option.getOrElse(password, () => Redacted.make(""))
          })
        )
      ])
      return sink({
        servers: Option.getOrUndefined(servers),
        stream: Option.getOrUndefined(stream),
        subject: Option.getOrUndefined(subject),
        credentials: Option.getOrUndefined(credentials)
      })
    })
)

/**
 * Delivers the stream's messages to sinks, until the scope closes. Each sink has a durable consumer of its own, with the sink's name, so that one
 * vendor's outage holds back that vendor alone. Any number of relays can run, on any number of machines.
 *
 * A message is acknowledged once its sink has delivered or skipped it. While the destination is unavailable or refuses the key, the message waits.
 * A message that the destination refuses for its own sake, or that cannot be read, goes to the dead-letter stream first, and then ends. A message
 * of a later format waits for a newer relay.
 *
 * Fails with `Misconfigured` as the sink does, and if a consumer of the sink's name is not a relay's. If no server answers, it succeeds, and
 * begins once one does.
 *
 * @example
 * ```ts
 * import { EventSink } from "@trackmap/core"
 * import { JetStream } from "@trackmap/jetstream"
 * import { Mixpanel } from "@trackmap/mixpanel"
 * import { Segment } from "@trackmap/segment"
 * import * as Effect from "effect/Effect"
 * import type * as Redacted from "effect/Redacted"
 *
 * declare const writeKey: Redacted.Redacted<string>
 * declare const token: Redacted.Redacted<string>
 *
 * export const program = () => {
 *   const sinks = EventSink.fanOut(Segment.sink({ writeKey }), Mixpanel.sink({ token }))
 *   return Effect.scoped(Effect.andThen(JetStream.relay(sinks, { servers: "nats-1:4222" }), Effect.never))
 * }
 * ```
 */
export const relay = <E, R>(
  sinks: EventSink.EventSink<E, R>,
  options: RelayOptions = {}
): Effect.Effect<Relay, E | SendError.Misconfigured, R | Scope.Scope> =>
  relays.make(EventSink.fanOut(sinks), relays.checkNames(options))

/**
 * Publishes the dead letters of a sink, or of all sinks, to the stream again, deletes them from the stream of dead letters, and returns their number. A
 * relay delivers each only to the sink that lost it, under its old message id. Letters that cannot be read stay where they are. If it fails in the
 * middle, run it again.
 *
 * Fails with `Misconfigured` and `Unavailable` as the sink does, and if there is no stream of dead letters.
 *
 * @example
 * ```ts
 * import { JetStream } from "@trackmap/jetstream"
 * import * as Effect from "effect/Effect"
 *
 * export const main = () => Effect.runPromise(JetStream.replay({ servers: "nats-1:4222", sink: "segment" }))
 * ```
 */
export const replay = (
  options: ReplayOptions = {}
): Effect.Effect<number, SendError.Unavailable | SendError.Misconfigured> =>
  replaying.replay(replaying.checkNames(options))

/** A relay of `startRelay`. */
export interface RunningRelay extends promises.RunningRelay {}

/** The options of `startRelay`. */
export interface StartOptions extends RelayOptions {
  /** How the sinks send HTTP requests, such as `HttpTransport.layerNodeHttp` of `@trackmap/node`. Default: `fetch`. */
  readonly http?: Layer.Layer<HttpTransport.HttpTransport> | undefined
}

/**
 * `relay` with promises. The relay runs until you close it. Rejects with the errors of `relay`.
 *
 * @example
 * ```ts
 * import { JetStream } from "@trackmap/jetstream"
 * import { EventSink, Receipt } from "@trackmap/node"
 *
 * const warehouse = EventSink.make({ name: "warehouse", send: async (batch) => batch.all(Receipt.delivered) })
 *
 * export const main = async () => {
 *   const relay = await JetStream.startRelay(warehouse, { servers: "nats-1:4222" })
 *   process.once("SIGTERM", () => void relay.close())
 * }
 * ```
 */
export const startRelay = async <E>(
  sinks: EventSink.EventSink<E, HttpTransport.HttpTransport>,
  options: StartOptions = {}
): Promise<RunningRelay> => {
  const { http = HttpTransport.layerFetch, ...rest } = Options.check<StartOptions>("JetStream.startRelay", options, {
    ...relays.names,
    http: true
  })
  // The services live as long as the relay.
  return promises.start(
    Effect.flatMap(Layer.build(http), (services) => Effect.provideContext(relay(sinks, rest), services))
  )
}
