/** A stream of its own for each contestant, and what is in it. Loads nothing of Trackmap. */
import { randomUUID } from "node:crypto"
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { connect } from "@nats-io/transport-node"
import { event, lineOf, propertiesOf, userId } from "../delivery/example.ts"

/** How many messages wait for their acknowledgements. */
export const inFlight = 1_000

export const servers = process.env["BENCH_NATS"]!

/** The contestants run one after the other. */
export const stream = `BENCH_${process.pid}`
export const subject = `bench.${process.pid}`

const encoder = new TextEncoder()

/** An envelope by hand. */
const bodyOf = (index: number, messageId: string): string =>
  JSON.stringify({
    message: {
      type: "track",
      event,
      properties: propertiesOf(lineOf(index)),
      userId,
      messageId,
      timestamp: new Date().toISOString()
    },
    format: 1,
    purposes: [],
    consent: "all",
    personal: [],
    violations: []
  })

/** The client at its best settings. */
export const open = async () => {
  const connection = await connect({ servers, noAsyncTraces: true })
  const manager = await jetstreamManager(connection)
  await manager.streams.add({ name: stream, subjects: [subject] })
  const client = jetstream(connection)

  /** Publishes events by hand, and waits for all acknowledgements. */
  const publish = (from: number, count: number): Promise<void> =>
    new Promise((resolve, reject) => {
      let next = from
      let done = 0
      const one = async (): Promise<void> => {
        const msgID = randomUUID()
        await client.publish(subject, encoder.encode(bodyOf(next++, msgID)), { msgID })
        if (++done === count) resolve()
        else fill()
      }
      const hasRoom = (): boolean => next < from + count && next - from - done < inFlight
      const fill = (): void => {
        while (hasRoom()) one().catch(reject)
      }
      fill()
    })

  /** The properties of the first messages. */
  const first = async (count: number): Promise<ReadonlyArray<unknown>> => {
    const found: Array<Record<string, unknown>> = []
    for (let seq = 1; seq <= count; seq++) {
      const message = await manager.streams.getMessage(stream, { seq })
      found.push(message!.json<{ message: { properties: Record<string, unknown> } }>().message.properties)
    }
    return found.sort((a, b) => Number(a["OrderLine_id"]) - Number(b["OrderLine_id"]))
  }

  const messages = async (): Promise<number> => (await manager.streams.info(stream)).state.messages

  return { client, manager, publish, first, messages }
}
