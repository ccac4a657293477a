import { Actor, EventSink, Receipt, Tracker } from "@trackmap/core"
import { JetStream } from "@trackmap/jetstream"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { OrderLineUpdated, plan } from "../delivery/event.ts"
import { lineOf, userId } from "../delivery/example.ts"
import { servers, stream, subject } from "./stream.ts"

const properties = { action: "orderLineUpdated" } as const

/** From `track` to the acknowledgement. */
export const publish = async () => {
  const runtime = ManagedRuntime.make(Tracker.layer(JetStream.sink({ servers, stream, subject }), { plan }))
  const track = Effect.fnUntraced(function* (from: number, count: number) {
    for (let i = from; i < from + count; i++) {
      yield* Tracker.track(OrderLineUpdated, { orderLine: lineOf(i), properties })
    }
    yield* Tracker.flushWithin(Infinity)
  }, Actor.as({ userId }))
  return (from: number, count: number) => runtime.runPromise(track(from, count))
}

/** A relay to a sink that counts. */
export const relay = async () => {
  let delivered = 0
  const sink = EventSink.make({
    name: "counting",
    limits: { messages: 500 },
    send: (batch) =>
      Effect.sync(() => {
        delivered += batch.length
        return batch.all(Receipt.delivered)
      })
  })
  const { lag } = await JetStream.startRelay(sink, { servers, stream, subject })
  const isDone = async (): Promise<boolean> =>
    (await lag()).every(({ unsettled, waiting }) => unsettled + waiting === 0)
  let total = 0
  return async (count: number): Promise<void> => {
    total += count
    while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 5))
    if (delivered !== total) throw new Error(`${delivered} of ${total} messages were delivered`)
  }
}
