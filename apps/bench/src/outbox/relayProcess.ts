/** A relay in a process of its own, which tells when each message has arrived. */
import { EventSink, Receipt } from "@trackmap/core"
import { Relay } from "@trackmap/outbox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { outbox } from "./postgres.ts"

const [url, schema] = process.argv.slice(2)

const vendor = EventSink.make({
  name: "vendor",
  send: (batch) =>
    Effect.sync(() => {
      // The clock of all processes of a machine.
      process.send!({ at: process.hrtime.bigint(), ids: Array.from(batch, ({ messageId }) => messageId) })
      return batch.all(Receipt.delivered)
    })
})

await Relay.start({ store: Layer.orDie(outbox(url!, schema!)), sinks: vendor, from: "beginning", log: () => {} })
process.on("disconnect", () => process.exit(0))
process.send!("ready")
