/**
 * Durable delivery through NATS JetStream: a sink that publishes to a stream, and a relay that delivers from it to your other sinks.
 *
 * @module
 */
import * as EventSink from "@trackmap/core/EventSink"
import * as Options from "@trackmap/core/Options"
import type * as SendError from "@trackmap/core/SendError"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
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
import * as publishing from "./internal/publish.ts"
import * as streams from "./internal/stream.ts"

export type { Connection, Create, Credentials, Tls }

/** The options of the sink. */
export interface SinkOptions extends Connection {
  /** The sink's name in receipts. Default: "jetstream". */
  readonly name?: string | undefined
}

/** The number of messages that wait for their acknowledgements at the same time. */
const inFlight = 1_000

/** The bytes of a batch, which bounds the memory of long messages. */
const batchBytes = 8 * 1024 * 1024

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
    limits: { messages: inFlight, bytes: batchBytes },
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
  }).pipe(EventSink.batched({ age: 10 }), EventSink.retried())
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
export const config: Config.Config<EventSink.EventSink<SendError.Misconfigured>> = Config.map(
  Config.all({
    servers: Config.option(Config.String("NATS_SERVERS")),
    stream: Config.option(Config.String("NATS_STREAM")),
    subject: Config.option(Config.String("NATS_SUBJECT")),
    creds: Config.option(Config.Redacted("NATS_CREDS")),
    nkey: Config.option(Config.Redacted("NATS_NKEY")),
    token: Config.option(Config.Redacted("NATS_TOKEN")),
    user: Config.option(Config.String("NATS_USER")),
    password: Config.option(Config.Redacted("NATS_PASSWORD"))
  }),
  ({ creds, nkey, password, servers, stream, subject, token, user }) => {
    const credentials: Option.Option<Credentials> = Option.firstSomeOf([
      Option.map(creds, (creds) => ({ creds })),
      Option.map(nkey, (nkey) => ({ nkey })),
      Option.map(token, (token) => ({ token })),
      Option.map(Option.all({ user, password }), (both) => both)
    ])
    return sink({
      servers: Option.getOrUndefined(servers),
      stream: Option.getOrUndefined(stream),
      subject: Option.getOrUndefined(subject),
      credentials: Option.getOrUndefined(credentials)
    })
  }
)
