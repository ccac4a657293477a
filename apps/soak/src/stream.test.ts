import { EventSink, Receipt, TrackedEvent, Tracker } from "@trackmap/core"
import { JetStream } from "@trackmap/jetstream"
import { Outbox, SqliteClient, SqliteStore } from "@trackmap/outbox"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { describe, expect, it } from "vitest"
import { missing, NatsServer, version } from "../../../packages/jetstream/test/natsServer.ts"

if (version === undefined) process.stderr.write(`skipped: from a database through a stream: ${missing}\n`)

describe.skipIf(version === undefined)("from a database through a stream to a vendor", () => {
  it("delivers what was committed, and nothing that was rolled back", async () => {
    const server = await NatsServer.start()
    const options = { servers: server.url }
    const arrived: Array<string> = []
    const vendor = EventSink.make({
      name: "vendor",
      send: (batch) =>
        Effect.sync(() => {
          for (const message of batch) if (message.type === "track") arrived.push(message.event)
          return batch.all(Receipt.delivered)
        })
    })
    const Committed = TrackedEvent.make("committed")
    const RolledBack = TrackedEvent.make("rolledBack")
    const program = Effect.gen(function* () {
      yield* JetStream.relay(vendor, options)
      yield* Effect.ignore(Outbox.transaction(Effect.andThen(Tracker.track(RolledBack, {}), Effect.fail("no"))))
      yield* Outbox.transaction(Tracker.track(Committed, {}))
      while (arrived.length === 0) yield* Effect.sleep("20 millis")
    })
    const database = SqliteStore.layer().pipe(Layer.provideMerge(SqliteClient.layer({ filename: ":memory:" })))
    const publishing = Outbox.relay(JetStream.sink(options), { from: "beginning" })
    const services = Layer.mergeAll(Tracker.layer(Outbox.sink()), publishing).pipe(
      Layer.provideMerge(database),
      Layer.provideMerge(Logger.layer([]))
    )
    await Effect.runPromise(Effect.scoped(Effect.provide(program, services)))
    await server.close()
    expect(arrived).toEqual(["committed"])
  })
})
