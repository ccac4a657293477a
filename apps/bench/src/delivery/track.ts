/** The cost of `track` itself, with a sink that accepts everything at once. */
import { randomUUID } from "node:crypto"
import { Actor, EventSink, Message, Receipt, Tracker } from "@trackmap/core"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { compete, type Contestants, slow } from "../Contest.ts"
import { compare, type Measured } from "../Report.ts"
import { OrderLineUpdated, plan } from "./event.ts"
import { event, lineOf, propertiesOf, userId } from "./example.ts"

const rows = 512
const times = 100

/** Writes the JSON of each event's properties, and keeps only the last: the others become garbage, as in a service. */
const stringified = (encode: (index: number) => string) => {
  let last = ""
  return slow(rows, times, async () => {
    for (let i = 0; i < rows; i++) last = encode(i)
    return [propertiesOf(lineOf(rows - 1)), last.length > 0]
  })
}

const tracked = () => {
  let last: Message.Message | undefined
  const sink = EventSink.make({
    name: "everything",
    send: (batch) =>
      Effect.sync(() => {
        last = batch.messages.at(-1)
        return batch.map(() => Receipt.delivered)
      })
  })
  const properties = { action: "orderLineUpdated" } as const
  const runtime = ManagedRuntime.make(Tracker.layer(sink, { plan }))
  const work = Effect.gen(function* () {
    for (let i = 0; i < rows; i++) yield* Tracker.track(OrderLineUpdated, { orderLine: lineOf(i), properties })
    yield* Tracker.flushWithin(Infinity)
  }).pipe(Actor.as({ userId }))
  return slow(rows, times, async () => {
    await runtime.runPromise(work)
    return [(last as Message.Track).properties, Message.toJson(last!).length > 0]
  })
}

export const contestants = {
  track: tracked,
  message: () =>
    stringified((i) =>
      JSON.stringify({
        type: "track",
        event,
        properties: propertiesOf(lineOf(i)),
        messageId: randomUUID(),
        timestamp: new Date().toISOString(),
        userId
      })
    ),
  properties: () => stringified((i) => JSON.stringify(propertiesOf(lineOf(i))))
} satisfies Contestants

export const trackRows = async (): Promise<ReadonlyArray<Measured>> => {
  const samples = await compete(import.meta.url, ["track", "message", "properties"], { processes: 3, rounds: 3 })
  const row = (baseline: "message" | "properties", title: string, target: number | null): Measured =>
    compare(
      { name: "track, rows loaded", unit: "ns CPU/event", baseline: title, target },
      samples("track", "cpu"),
      samples(baseline, "cpu")
    )
  return [
    row("message", "literal of the message, stringify", 3),
    row("properties", "literal of its properties, stringify", null)
  ]
}
