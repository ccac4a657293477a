/** The client alone. */
import { AckPolicy } from "@nats-io/jetstream"
import { inFlight, type open, stream } from "./stream.ts"

type Stream = Awaited<ReturnType<typeof open>>

export const publish = async ({ publish }: Stream) => publish

const decoder = new TextDecoder()

/** Consumes, reads each message, and acknowledges it; the server confirms each acknowledgement. */
export const relay = async ({ client, manager }: Stream) => {
  await manager.consumers.add(stream, {
    durable_name: "hand",
    ack_policy: AckPolicy.Explicit,
    max_deliver: -1,
    max_ack_pending: 10 * inFlight
  })
  const consumer = await client.consumers.get(stream, "hand")
  const ids = new Set<string>()
  return async (count: number): Promise<void> => {
    ids.clear()
    const messages = await consumer.consume({ max_messages: inFlight, expires: 2_000 })
    const acknowledged: Array<Promise<unknown>> = []
    for await (const message of messages) {
      const { message: sent } = JSON.parse(decoder.decode(message.data)) as { message: { messageId: string } }
      ids.add(sent.messageId)
      acknowledged.push(message.ackAck())
      if (acknowledged.length === count) break
    }
    await Promise.all(acknowledged)
    if (ids.size !== count) throw new Error(`${ids.size} of ${count} messages were delivered`)
  }
}
