import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import { EventSink, type Message, Receipt, Tracker } from "@trackmap/core"
import { JetStream } from "@trackmap/jetstream"
import * as Effect from "effect/Effect"
import { values } from "../../../../fixtures/wholesale/rows.ts"
import type { NatsCluster } from "../../../../packages/jetstream/test/natsCluster.ts"

/** What a cluster does while all of it lives. */
export interface Speed {
  /** Messages a second, acknowledged. */
  readonly published: number
  /** Messages a second, delivered and acknowledged, by one relay. */
  readonly relayed: number
  /** Bytes of a message's envelope, and of one copy of it on disk. */
  readonly bytes: number
  readonly onDisk: number
  readonly replicas: number
}

const count = 40_000
const stream = "SPEED"
const subject = "speed.events"

const message = (index: number): Message.Track => ({
  type: "track",
  event: "orderLineUpdated",
  properties: values,
  userId: `user-${index}`,
  messageId: `speed-${index}`,
  timestamp: new Date().toISOString()
})

const perSecond = (since: number): number => (count * 1_000) / (performance.now() - since)

/** The example's event, published and delivered as fast as possible. */
export const speed = async (cluster: NatsCluster): Promise<Speed> => {
  const servers = cluster.urls
  const connection = await connect({ servers: [...servers] })
  const manager = await jetstreamManager(connection)
  const publish = Effect.gen(function* () {
    const tracker = yield* Tracker.make(JetStream.sink({ servers, stream, subject }), { waitWithin: Infinity })
    const began = performance.now()
    for (let index = 0; index < count; index++) yield* tracker.send(message(index))
    yield* tracker.flushWithin("1 minute")
    return perSecond(began)
  })
  const published = await Effect.runPromise(Effect.scoped(publish))
  const sink = EventSink.make({
    name: "counting",
    limits: { messages: 500 },
    send: (batch) => Effect.succeed(batch.all(Receipt.delivered))
  })
  const began = performance.now()
  const relay = await JetStream.startRelay(sink, { servers, stream, subject })
  const isDone = async (): Promise<boolean> =>
    (await relay.lag()).every(({ unsettled, waiting }) => unsettled + waiting === 0)
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 20))
  const relayed = perSecond(began)
  await relay.close()
  const { config, state } = await manager.streams.info(stream)
  const first = await manager.streams.getMessage(stream, { seq: 1 })
  await manager.streams.delete(stream)
  await connection.close()
  return {
    published,
    relayed,
    bytes: first!.data.length,
    onDisk: state.bytes / state.messages,
    replicas: config.num_replicas
  }
}
