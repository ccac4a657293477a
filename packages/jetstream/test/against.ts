import { jetstream, jetstreamManager, type JetStreamManager } from "@nats-io/jetstream"
import { connect, type NatsConnection } from "@nats-io/transport-node"
import { Envelope, EventSink, type Message, type Receipt } from "@trackmap/core"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { NatsServer } from "./natsServer.ts"

const timestamp = "2026-01-01T00:00:00.000Z"

export const track = (messageId: string, more?: Partial<Message.Track>): Message.Track => ({
  type: "track",
  event: "orderPlaced",
  properties: { Order_id: 357 },
  userId: "user-1",
  messageId,
  timestamp,
  ...more
})
export const tracks = (count: number, prefix = "m") =>
  Array.from({ length: count }, (_, index) => track(`${prefix}${index}`))

export const outcomesOf = (receipts: ReadonlyArray<Receipt.Receipt>) => receipts.map(({ outcome }) => outcome._tag)
export const reasonsOf = (receipts: ReadonlyArray<Receipt.Receipt>) =>
  receipts.map(({ outcome }) => ("reason" in outcome ? outcome.reason : ""))

export const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

/** The receipts of messages, without a tracker. */
export const deliver = <E>(sink: EventSink.EventSink<E>, messages: ReadonlyArray<Message.Message>) =>
  run(EventSink.deliver(sink, messages))

/** The error of opening a sink. */
export const opening = <E>(sink: EventSink.EventSink<E>): Promise<E | undefined> =>
  run(Effect.match(EventSink.deliver(sink, []), { onSuccess: () => undefined, onFailure: (error) => error }))

/** A client of its own, to look at what a server has. */
export class Client {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager

  private constructor(connection: NatsConnection, manager: JetStreamManager) {
    this.connection = connection
    this.manager = manager
  }

  static async of(server: NatsServer): Promise<Client> {
    const connection = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    return new Client(connection, await jetstreamManager(connection))
  }

  /** The messages of a stream, in order. */
  async messages(stream: string) {
    const { state } = await this.manager.streams.info(stream)
    const length = state.messages === 0 ? 0 : state.last_seq - state.first_seq + 1
    const found = await Promise.all(
      Array.from({ length }, (_, index) =>
        this.manager.streams.getMessage(stream, { seq: state.first_seq + index }).catch(() => null)
      )
    )
    return found.filter((message) => message !== null)
  }

  async envelopes(stream: string): Promise<ReadonlyArray<Envelope.Envelope>> {
    return (await this.messages(stream)).map((message) => Envelope.fromJson(message.string()))
  }

  async ids(stream: string): Promise<ReadonlyArray<string>> {
    return (await this.envelopes(stream)).map(({ message }) => message.messageId)
  }

  publish(subject: string, body: string, msgID?: string) {
    return jetstream(this.connection).publish(subject, body, msgID === undefined ? {} : { msgID })
  }

  close(): Promise<void> {
    return this.connection.close()
  }
}
