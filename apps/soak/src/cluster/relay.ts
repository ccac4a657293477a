/** A relay in a process of its own, whose sink tells its parent what arrives. */
import { EventSink, Receipt } from "@trackmap/core"
import { JetStream } from "@trackmap/jetstream"
import * as Effect from "effect/Effect"
import { options } from "./options.ts"

/** Tells the parent, and waits until it knows. */
const tell = (ids: ReadonlyArray<string>): Promise<void> =>
  new Promise((resolve) => {
    process.once("message", () => resolve())
    process.send!(ids)
  })

const sink = EventSink.make({
  name: "vendor",
  limits: { messages: 500 },
  send: (batch) =>
    Effect.as(
      Effect.promise(() => tell(batch.messages.map(({ messageId }) => messageId))),
      batch.all(Receipt.delivered)
    )
})

process.once("disconnect", () => process.exit())
await JetStream.startRelay(sink, options(process.argv.slice(2)))
